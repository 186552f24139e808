import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { arriving_jobs, same_choices } from '../src/state/arriving_jobs';
import { kDefaultChoices } from '../src/state/choices.svelte';

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

const arriving = (n: number) => ({ upload_id: `u${n}`, job_id: `j${n}`, choices: kDefaultChoices });

it('remembers the job of an upload until it is forgotten', () => {
  arriving_jobs.keep(arriving(1));
  arriving_jobs.keep({ ...arriving(1), job_id: 'later' });
  expect(arriving_jobs.of('u1')?.job_id).toBe('later');
  expect(arriving_jobs.of('u2')).toBeNull();
  arriving_jobs.forget('u1');
  expect(arriving_jobs.of('u1')).toBeNull();
});

it('keeps the newest when there are many', () => {
  for (let n = 0; n < 60; n += 1) arriving_jobs.keep(arriving(n));
  expect([0, 9, 10, 59].map((n) => arriving_jobs.of(`u${n}`) !== null)).toEqual([false, false, true, true]);
});

it('does not trip over what something else stored', () => {
  for (const text of ['{', 'null', '[null, 1, {"upload_id": "u1"}]']) {
    stored.set('voxlate.arriving_jobs', text);
    expect(arriving_jobs.of('u1')).toBeNull();
  }
});

it('tells other choices from the same ones', () => {
  const again = JSON.parse(JSON.stringify(kDefaultChoices)) as typeof kDefaultChoices;
  expect(same_choices(kDefaultChoices, again)).toBe(true);
  expect(same_choices(kDefaultChoices, { ...again, targets: ['es'] })).toBe(false);
  expect(same_choices(kDefaultChoices, { ...again, audio_track: 1 })).toBe(false);
});
