import { beforeEach, expect, it, vi } from 'vitest';
import { RequestError } from '../src/api/server';

const routes = vi.hoisted(() => ({ create_job: vi.fn(), show: vi.fn(), add: vi.fn() }));
const server = vi.hoisted(() => ({ now: { imports: true } as { imports: boolean } | null }));
let keys = 0;
vi.mock('../src/api/upload', () => ({
  create_job: routes.create_job,
  new_idempotency_key: () => `key-${(keys += 1)}`,
}));
vi.mock('../src/state/announcer.svelte', () => ({ announcer: { say: () => undefined } }));
vi.mock('../src/state/capabilities.svelte', () => ({ capabilities: server }));
vi.mock('../src/state/choices.svelte', () => ({ choices: { for_upload: () => ({ targets: ['es'] }) } }));
vi.mock('../src/state/jobs.svelte', () => ({ jobs: { show: routes.show } }));
vi.mock('../src/state/problems.svelte', () => ({ problems: { add: routes.add } }));

const { imports } = await import('../src/state/imports.svelte');
const kUrl = 'https://example.com/talk.mp4';

beforeEach(() => {
  Object.values(routes).forEach((route) => route.mockReset());
  imports.list = [];
  server.now = { imports: true };
});

it('becomes a job with the choices of the page', async () => {
  routes.create_job.mockResolvedValue({ id: 'job' });
  await imports.add(kUrl);
  expect(routes.create_job).toHaveBeenCalledWith({ url: kUrl }, { targets: ['es'] }, expect.any(String));
  expect(routes.show).toHaveBeenCalledWith('job');
  expect(imports.list).toEqual([]);
});

it('stays with its reason when it is refused, and can be tried again as the same wish', async () => {
  routes.create_job.mockRejectedValueOnce(new RequestError(422, 'url_not_allowed', 'Not public.'));
  await imports.add(kUrl);
  const [wanted] = imports.list;
  expect(wanted!.refusal?.detail).toBe('Not public.');
  expect(wanted!.wrong_place).toBe(true);
  routes.create_job.mockResolvedValue({ id: 'job' });
  imports.retry(wanted!);
  await vi.waitFor(() => expect(imports.list).toEqual([]));
  expect(new Set(routes.create_job.mock.calls.map((call) => call[2] as string)).size).toBe(1);
});

it('says so where the server fetches nothing', async () => {
  server.now = { imports: false };
  await imports.add(kUrl);
  expect(routes.create_job).not.toHaveBeenCalled();
  expect(routes.add).toHaveBeenCalledOnce();
});
