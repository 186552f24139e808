import { describe, expect, it } from 'vitest';
import { append_page, apply_events, matches, merge_first_page } from '../src/state/job_list';
import { make_job } from './job_fixture';

const kAll = { state: '', q: '' } as const;
const at = (minute: number, parts: object = {}) =>
  make_job({ id: `job-${minute}`, created_at: `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`, ...parts });
const ids = (list: { id: string }[]) => list.map((job) => job.id);

describe('apply_events', () => {
  it('takes a new job to its place, newest first', () => {
    const list = apply_events([at(5), at(3)], [{ kind: 'job', job: at(4) }], kAll, false);
    expect(ids(list)).toEqual(['job-5', 'job-4', 'job-3']);
  });

  it('replaces a known job where it stands', () => {
    const list = apply_events([at(5), at(3)], [{ kind: 'job', job: at(3, { status: 'failed' }) }], kAll, false);
    expect(list[1]?.status).toBe('failed');
    expect(list).toHaveLength(2);
  });

  it('removes what was deleted or no longer fits the filter', () => {
    const queued = { state: 'queued', q: '' } as const;
    const list = [at(5, { status: 'queued' }), at(3, { status: 'queued' })];
    expect(ids(apply_events(list, [{ kind: 'deleted', id: 'job-5' }], queued, false))).toEqual(['job-3']);
    expect(ids(apply_events(list, [{ kind: 'job', job: at(5) }], queued, false))).toEqual(['job-3']);
  });

  it('leaves jobs of later pages to those pages', () => {
    const old = { kind: 'job', job: at(1) } as const;
    expect(ids(apply_events([at(5), at(3)], [old], kAll, true))).toEqual(['job-5', 'job-3']);
    expect(ids(apply_events([at(5), at(3)], [old], kAll, false))).toEqual(['job-5', 'job-3', 'job-1']);
  });

  it('does not change the list it was given', () => {
    const list = Object.freeze([at(5)]) as never;
    expect(() => apply_events(list, [{ kind: 'job', job: at(6) }], kAll, false)).not.toThrow();
  });
});

describe('matches', () => {
  it('looks for part of the name in any case', () => {
    expect(matches(make_job({ name: 'Лекция 4.mkv' }), { state: '', q: ' лекция ' })).toBe(true);
    expect(matches(make_job({ name: 'talk.mp4' }), { state: 'failed', q: '' })).toBe(false);
  });
});

describe('pages', () => {
  it('forgets what a fresh first page no longer has, and keeps later pages', () => {
    const merged = merge_first_page([at(9), at(8), at(7), at(2)], [at(10), at(9), at(7)], false);
    expect(ids(merged)).toEqual(['job-10', 'job-9', 'job-7', 'job-2']);
    expect(ids(merge_first_page([at(9), at(2)], [at(9)], true))).toEqual(['job-9']);
  });

  it('adds a further page without doubles', () => {
    expect(ids(append_page([at(9), at(8)], [at(8), at(7)]))).toEqual(['job-9', 'job-8', 'job-7']);
  });
});
