import { beforeEach, expect, test, vi } from 'vitest';
import type { ServerEvent } from '../src/api/event_stream';
import type { Job } from '../src/api/types';
import { make_job } from './job_fixture';

let answer_job: (job: Job) => void = () => undefined;
let answer_page: (jobs: Job[]) => void = () => undefined;
let tell: (events: ServerEvent[]) => void = () => undefined;

vi.mock('../src/api/server', () => ({
  jobs_address: () => '/api/jobs',
  RequestError: Error,
  server: {
    job: () => new Promise<Job>((resolve) => (answer_job = resolve)),
    jobs: () =>
      new Promise((resolve) => {
        answer_page = (jobs: Job[]) => resolve({ jobs, next: null });
      }),
  },
}));
vi.mock('../src/state/connection.svelte', () => ({
  connection: {
    listen: (_url: string, listener: (events: ServerEvent[]) => void) => {
      tell = listener;
      return () => undefined;
    },
  },
}));
vi.mock('../src/state/news', () => ({ tell_news: () => undefined }));
vi.mock('../src/state/removals.svelte', () => ({ removals: {} }));

const { jobs } = await import('../src/state/jobs.svelte');

const queued = make_job({ id: 'a', status: 'queued' });
const completed = make_job({ id: 'a', status: 'completed' });

beforeEach(() => {
  jobs.list = [];
});

test('an event that was quicker than the answer about a new job stands', async () => {
  const shown = jobs.show('a');
  jobs.take([{ kind: 'job', job: completed }]);
  answer_job(queued);
  await shown;
  expect(jobs.list.map((job) => job.status)).toEqual(['completed']);
});

test('an event that came while the list was on its way is not undone by it', async () => {
  jobs.follow();
  tell([{ kind: 'job', job: completed }]);
  answer_page([queued]);
  await vi.waitFor(() => expect(jobs.loaded).toBe(true));
  expect(jobs.list.map((job) => job.status)).toEqual(['completed']);
});
