import { beforeEach, describe, expect, it, vi } from 'vitest';
import { page_language } from '../src/messages/messages.svelte';
import { progress_facts, progress_fraction } from '../src/text/progress_facts';
import { make_job } from './job_fixture';

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });

const texts = (job: ReturnType<typeof make_job>) =>
  progress_facts(job, page_language.locale)
    .map((fact) => fact.text)
    .join(' · ');
const running = make_job({
  status: 'processing',
  duration_s: 2535,
  progress: { stage: 'transcribing', fraction: 0.3, media_done_s: 760, media_total_s: 2535, speed: 3.13, eta_s: 97 },
});

describe('progress_fraction', () => {
  it('is that of the job, or of the download that it waits for', () => {
    expect(progress_fraction(running)).toBe(0.3);
    const queued = make_job({ status: 'queued', waiting_for: { reason: 'download', downloaded_bytes: 50, total_bytes: 200 } });
    expect(progress_fraction(queued)).toBe(0.25);
    expect(progress_fraction({ ...queued, waiting_for: { reason: 'download', downloaded_bytes: 50, total_bytes: null } })).toBeNull();
    expect(progress_fraction({ ...queued, waiting_for: { reason: 'queue', jobs_ahead: 1 } })).toBeNull();
  });
});

describe('progress_facts', () => {
  beforeEach(() => page_language.choose('en'));

  it('tells stage, media time, speed and time left', () => {
    expect(texts(running)).toBe('Transcribing 12:40 / 42:15 · 3.1× · 1:40 left');
  });

  it('leaves out what is not known', () => {
    const progress = { ...running.progress, media_total_s: null, speed: null, eta_s: null };
    expect(texts({ ...running, duration_s: null, progress })).toBe('Transcribing 12:40');
  });

  it('says what a waiting job waits for', () => {
    const queued = make_job({ status: 'queued', waiting_for: { reason: 'queue', jobs_ahead: 2 } });
    expect(texts(queued)).toBe('2 jobs before this one');
    expect(texts({ ...queued, waiting_for: { reason: 'queue', jobs_ahead: 1 } })).toBe('1 job before this one');
    const short = { reason: 'memory' as const, memory_percent: 86.4, needs_bytes: 2, free_bytes: 1 };
    expect(texts({ ...queued, waiting_for: short })).toBe('Waits for memory: 86 % is in use');
    expect(texts({ ...queued, waiting_for: { ...short, reason: 'processor' } })).toContain('Other programs');
    expect(texts({ ...queued, waiting_for: { reason: 'queue', jobs_ahead: 0 } })).toBe('Next in line');
    expect(texts({ ...queued, waiting_for: { reason: 'download', downloaded_bytes: 0, total_bytes: null } })).toBe(
      'The file is being fetched',
    );
    expect(texts({ ...queued, waiting_for: { reason: 'download', downloaded_bytes: 50, total_bytes: 200 } })).toBe(
      'The file is being fetched: 25 %',
    );
    expect(texts({ ...queued, waiting_for: { reason: 'model', model: 'base' } })).toBe(
      'Waits for the model base, which is being downloaded',
    );
  });

  it('says what to do about a file that this page does not send', () => {
    const job = make_job({ status: 'queued', waiting_for: { reason: 'upload', upload: 'x' } });
    expect(progress_facts(job, 'en', true).map(({ text }) => text)).toEqual(['Waits until more of the file is uploaded']);
    expect(texts(job)).toContain('choose the file again');
  });

  it('uses the plural rules of the language', () => {
    page_language.choose('ru');
    const waiting = (jobs_ahead: number) => texts(make_job({ status: 'queued', waiting_for: { reason: 'queue', jobs_ahead } }));
    expect([1, 3, 5, 21].map(waiting)).toEqual([
      'Впереди 1 задание',
      'Впереди 3 задания',
      'Впереди 5 заданий',
      'Впереди 21 задание',
    ]);
  });

  it('says nothing about finished jobs', () => {
    expect(texts(make_job({}))).toBe('');
  });
});
