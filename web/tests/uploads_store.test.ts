import { beforeEach, expect, it, vi } from 'vitest';
import { RequestError } from '../src/api/server';
import type { TransferListener } from '../src/api/upload';
import type { Job } from '../src/api/types';
import type { JobListener } from '../src/state/jobs.svelte';
import { make_job } from './job_fixture';

/** A transfer that does what the test says. */
class FakeTransfer {
  finish: (id: string) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  readonly done = new Promise<string>((resolve, reject) => {
    this.finish = resolve;
    this.fail = reject;
  });
  readonly calls: string[] = [];

  constructor(
    readonly file: File,
    readonly known_id: string,
    readonly listener: TransferListener,
  ) {
    transfers.push(this);
  }

  hold_on = () => void this.calls.push('hold_on');
  pause = () => void this.calls.push('pause');
  resume = () => void this.calls.push('resume');
  give_up = () => void this.calls.push('give_up');
}

let transfers: FakeTransfer[] = [];
let listener: JobListener;
const routes = vi.hoisted(() => ({ create_job: vi.fn(), job: vi.fn(), remove: vi.fn() }));
const shown = vi.hoisted(() => ({ show: vi.fn(), forget: vi.fn() }));
const stored = new Map<string, string>();
const account = vi.hoisted(() => ({ may_enter: true, me: { accounts: true }, look: () => Promise.resolve() }));

let keys = 0;
vi.mock('../src/api/upload', async (original) => ({
  ...(await original<object>()),
  Transfer: class {
    constructor(file: File, known_id: string, heard: TransferListener) {
      return new FakeTransfer(file, known_id, heard);
    }
  },
  create_job: routes.create_job,
  new_idempotency_key: () => `key-${(keys += 1)}`,
}));
vi.mock('../src/api/server', async (original) => ({
  ...(await original<object>()),
  server: { job: routes.job, remove: routes.remove },
}));
vi.mock('../src/state/account.svelte', () => ({ account }));
vi.mock('../src/state/capabilities.svelte', () => ({ capabilities: { now: null } }));
vi.mock('../src/state/media_length', () => ({ media_length: () => Promise.resolve(null) }));
vi.mock('../src/state/jobs.svelte', () => ({
  jobs: { listen: (heard: JobListener) => (listener = heard), ...shown },
}));
vi.stubGlobal('localStorage', {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => stored.set(key, value),
});

const { uploads } = await import('../src/state/uploads.svelte');
const { choices } = await import('../src/state/choices.svelte');

const kLarge = 100 * 1024 * 1024;
const file = (size: number) => ({ name: 'talk.mkv', size, type: 'video/x-matroska' }) as File;
const waiting = make_job({ id: 'job', status: 'queued', waiting_for: { reason: 'upload' } });
const hear = (job: Job) => listener.on_events([{ kind: 'job', job }]);
const gone = new RequestError(404, 'not_found', 'There is no such upload.');

beforeEach(() => {
  account.may_enter = true;
  for (const upload of uploads.list) uploads.remove(upload);
  for (const mock of [...Object.values(routes), ...Object.values(shown)]) mock.mockReset();
  transfers = [];
  stored.clear();
  choices.now.targets = [];
  routes.create_job.mockResolvedValue({ id: 'job' });
  routes.job.mockResolvedValue(waiting);
  routes.remove.mockResolvedValue(undefined);
});

/** A large file whose upload was just made on the server. */
async function arrive() {
  uploads.add([file(kLarge)]);
  const [upload] = uploads.list;
  transfers.at(-1)!.listener.on_created('up');
  await vi.waitFor(() => expect(upload!.job).not.toBeNull());
  return { upload: upload!, transfer: transfers.at(-1)! };
}

it('makes the job of a large file while it is being sent', async () => {
  const { upload, transfer } = await arrive();
  expect(routes.create_job).toHaveBeenCalledExactlyOnceWith({ upload: 'up' }, expect.anything(), upload.submission);
  expect(uploads.has_job('job')).toBe(true);
  expect(transfer.calls).toEqual(['hold_on']);
  transfer.listener.on_created('up');  // as after a pause
  transfer.finish('up');
  await vi.waitFor(() => expect(uploads.list).toEqual([]));
  expect(shown.show).toHaveBeenCalledWith('job');
  expect(routes.create_job).toHaveBeenCalledOnce();
});

it('makes the job of a small file after it was sent', async () => {
  uploads.add([file(1000)]);
  transfers[0]!.listener.on_created('up');
  expect(routes.create_job).not.toHaveBeenCalled();
  transfers[0]!.finish('up');
  await vi.waitFor(() => expect(uploads.list).toEqual([]));
  expect(routes.create_job).toHaveBeenCalledOnce();
});

it('asks again at the end when the server refuses an early job, with the same key', async () => {
  routes.create_job.mockRejectedValueOnce(new RequestError(429, 'quota', 'Too many jobs.'));
  uploads.add([file(kLarge)]);
  const [upload] = uploads.list;
  transfers[0]!.listener.on_created('up');
  await vi.waitFor(() => expect(upload!.early).toBeNull());
  expect(upload!.state).toBe('sending');
  transfers[0]!.finish('up');
  await vi.waitFor(() => expect(uploads.list).toEqual([]));
  expect(routes.create_job.mock.calls.map((call) => call[2])).toEqual([upload!.submission, upload!.submission]);
});

it('deletes the job with the upload', async () => {
  const { upload, transfer } = await arrive();
  uploads.pause(upload);
  uploads.remove(upload);
  expect(transfer.calls).toEqual(['hold_on', 'pause', 'give_up']);
  expect(routes.remove).toHaveBeenCalledExactlyOnceWith('job');
});

it('deletes the job also when it is made only after the upload was removed', async () => {
  let accept: (job: { id: string }) => void = () => undefined;
  routes.create_job.mockReturnValue(new Promise((resolve) => (accept = resolve)));
  uploads.add([file(kLarge)]);
  transfers[0]!.listener.on_created('up');
  await vi.waitFor(() => expect(routes.create_job).toHaveBeenCalled());
  uploads.remove(uploads.list[0]!);
  accept({ id: 'job' });
  await vi.waitFor(() => expect(routes.remove).toHaveBeenCalledExactlyOnceWith('job'));
});

it('stops sending when the job fails, says why, and begins anew', async () => {
  const { upload, transfer } = await arrive();
  hear({ ...waiting, status: 'failed', error: { code: 'unsupported', message: 'No audio.' } });
  expect(upload.failure).toEqual({ kind: 'job', detail: 'No audio.' });
  expect(transfer.calls).toContain('give_up');
  uploads.retry(upload);
  expect(routes.remove).toHaveBeenCalledWith('job');
  expect(transfers).toHaveLength(2);
  expect(transfers[1]!.known_id).toBe('');
  expect(upload.job_id).toBe('');
});

it('stops sending when the job is cancelled or deleted elsewhere', async () => {
  const first = await arrive();
  hear({ ...waiting, status: 'cancelled' });
  expect(uploads.list).toEqual([]);
  expect(first.transfer.calls).toContain('give_up');
  const second = await arrive();
  listener.on_events([{ kind: 'deleted', id: 'job' }]);
  expect(uploads.list).toEqual([]);
  expect(second.transfer.calls).toContain('give_up');
});

it('goes on in the same job after a reload', async () => {
  await arrive();
  uploads.list = [];  // as a new page has it
  const { transfer } = await arrive();
  expect(routes.create_job).toHaveBeenCalledOnce();
  expect(transfer.calls).toEqual(['hold_on']);
});

it('makes another job after a reload with other choices, in the place of the first', async () => {
  await arrive();
  uploads.list = [];
  choices.now.targets = ['es'];
  routes.create_job.mockResolvedValue({ id: 'other' });
  const { upload } = await arrive();
  expect(routes.remove).toHaveBeenCalledExactlyOnceWith('job');
  expect(upload.job_id).toBe('other');
});

it('takes an upload that is gone for sent when its job has it', async () => {
  const { transfer } = await arrive();
  routes.job.mockResolvedValue({ ...waiting, status: 'processing', waiting_for: null });
  transfer.fail(gone);
  await vi.waitFor(() => expect(uploads.list).toEqual([]));
  expect(shown.show).toHaveBeenCalledWith('job');
});

it('says that an upload is lost when its job still waits for it', async () => {
  const { upload, transfer } = await arrive();
  transfer.fail(gone);
  await vi.waitFor(() => expect(upload.state).toBe('failed'));
  uploads.retry(upload);
  expect(routes.remove).toHaveBeenCalledExactlyOnceWith('job');
  expect(transfers[1]!.known_id).toBe('');
});

it('goes on with the same upload after a broken line', async () => {
  const { upload, transfer } = await arrive();
  transfer.fail(new RequestError(0, 'unreachable', ''));
  await vi.waitFor(() => expect(upload.state).toBe('failed'));
  uploads.retry(upload);
  expect(transfers[1]!.known_id).toBe('up');
  expect(transfers[1]!.calls).toEqual(['hold_on']);
});

it('goes on with the same upload and job after somebody has signed in again', async () => {
  const { upload, transfer } = await arrive();
  account.may_enter = false;
  transfer.fail(new RequestError(401, 'session_expired', 'Sign in again.'));
  await vi.waitFor(() => expect(upload.state).toBe('waiting'));
  account.may_enter = true;
  uploads.start_waiting();
  expect(transfers[1]!.known_id).toBe('up');
  expect(upload.job_id).toBe('job');
});

it('does not take up the upload of the same file chosen before', async () => {
  await arrive();
  uploads.add([file(kLarge)]);
  expect(transfers[1]!.listener.is_taken('up')).toBe(true);
  expect(transfers[0]!.listener.is_taken('up')).toBe(false);
  expect(transfers[1]!.listener.is_taken('')).toBe(false);
});
