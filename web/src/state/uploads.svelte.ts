import type { ServerEvent } from '../api/event_stream';
import { needs_sign_in, RequestError, server } from '../api/server';
import type { Job } from '../api/types';
import { create_job, may_begin_early, new_idempotency_key, Transfer } from '../api/upload';
import { account } from './account.svelte';
import { arriving_jobs, same_choices, type ArrivingJob } from './arriving_jobs';
import { capabilities } from './capabilities.svelte';
import { choices } from './choices.svelte';
import { jobs } from './jobs.svelte';
import { media_length } from './media_length';
import { Upload, type UploadFailure } from './upload.svelte';
import { uploads_to_start } from './upload_queue';

function local_failure(file: File): UploadFailure | null {
  const limit_bytes = capabilities.now?.limits.max_upload_bytes ?? Infinity;
  if (file.size === 0) return { kind: 'empty' };
  return file.size > limit_bytes ? { kind: 'too_large', limit_bytes } : null;
}

/** Whether a job has still to do with a file that is being sent. */
function is_under_way(job: Job): boolean {
  return job.status === 'queued' || job.status === 'processing';
}

/**
 * Files added on this page that are not there as a whole yet; at most two are sent at a time. A large file becomes a
 * job as soon as its upload is on the server, and its card then tells of both; any other one when it was sent.
 */
class UploadsStore {
  list = $state.raw<Upload[]>([]);

  constructor() {
    jobs.listen({ on_events: (events) => this.hear(events), on_loaded: () => void this.look() });
  }

  get busy(): boolean {
    return this.list.some((upload) => upload.state !== 'failed');
  }

  /** Whether the job is told of by the card of its upload. */
  has_job(id: string): boolean {
    return this.list.some((upload) => upload.job_id === id);
  }

  add(files: readonly File[]): void {
    const chosen = choices.for_upload(capabilities.now);
    const added = files.map((file) => new Upload(file, chosen));
    for (const upload of added) {
      upload.failure = local_failure(upload.file);
      if (upload.failure) upload.state = 'failed';
      else void media_length(upload.file).then((seconds) => (upload.length_s = seconds));
    }
    this.list = [...this.list, ...added];
    this.start_waiting();
  }

  /** Gives the file up, and the job on it. */
  remove(upload: Upload): void {
    if (upload.job_id) this.discard_job(upload);
    this.drop(upload);
  }

  pause(upload: Upload): void {
    upload.pause();
    this.start_waiting();
  }

  resume(upload: Upload): void {
    upload.state = 'waiting';
    this.start_waiting();
  }

  retry(upload: Upload): void {
    if (upload.job_id && (upload.failure?.kind === 'job' || !upload.upload_id)) {
      this.discard_job(upload);
      upload.forget();
    } else if (upload.failure?.kind !== 'unreachable') {
      upload.submission = new_idempotency_key();
    }
    upload.failure = local_failure(upload.file);
    upload.state = upload.failure ? 'failed' : 'waiting';
    this.start_waiting();
  }

  /** Sends what waits; also what was stopped by the end of a session, once somebody has signed in again. */
  start_waiting(): void {
    if (!account.may_enter) return;
    for (const key of uploads_to_start(this.list)) {
      const upload = this.list.find((candidate) => candidate.key === key);
      if (!upload) continue;
      upload.state = 'sending';
      upload.rate.restart();
      if (upload.transfer) upload.transfer.resume();
      else void this.send(upload);
    }
  }

  private async send(upload: Upload): Promise<void> {
    try {
      if (!upload.sent) await this.transfer(upload);
      await upload.early;
      if (!this.list.includes(upload)) return;
      if (!upload.job_id) {
        upload.state = 'checking';
        upload.job_id = (await create_job({ upload: upload.upload_id }, upload.choices, upload.submission)).id;
      }
      this.settle(upload);
    } catch (error) {
      if (this.list.includes(upload)) await this.fail(upload, error as RequestError);
    }
    upload.transfer = null;
    this.start_waiting();
  }

  private async transfer(upload: Upload): Promise<void> {
    const transfer = new Transfer(upload.file, upload.upload_id, {
      on_sent: (bytes) => upload.progress(bytes),
      on_created: (id) => {
        upload.upload_id = id;
        if (!upload.job_id && may_begin_early(upload.file.size)) upload.early ??= this.begin_job(upload);
      },
      is_taken: (id) => this.list.some((other) => other !== upload && other.upload_id === id && id !== ''),
    });
    upload.transfer = transfer;
    if (upload.job_id) transfer.hold_on();
    try {
      upload.upload_id = await transfer.done;
    } catch (error) {
      if (!(await this.went_to_job(upload, error as RequestError))) throw error;
    }
    upload.sent = true;
  }

  /** Makes the job of a file that is still being sent. When that fails it is tried again after all of it was sent. */
  private async begin_job(upload: Upload): Promise<void> {
    const { upload_id } = upload;
    try {
      const job_id = (await this.earlier_job(upload)) ?? (await this.new_job(upload));
      upload.job_id = job_id;
      if (!this.list.includes(upload)) return this.discard_job(upload);
      arriving_jobs.keep({ upload_id, job_id, choices: upload.choices });
      upload.transfer?.hold_on();
      const job = await server.job(job_id);
      if (upload.job === null) this.take(upload, job);
    } catch {
      upload.early = null;
    }
  }

  private async new_job(upload: Upload): Promise<string> {
    return (await create_job({ upload: upload.upload_id }, upload.choices, upload.submission)).id;
  }

  /** The job that was made on the upload before a reload of the page; one for other choices makes way. */
  private async earlier_job(upload: Upload): Promise<string | null> {
    const earlier: ArrivingJob | null = arriving_jobs.of(upload.upload_id);
    if (earlier === null) return null;
    const job = await server.job(earlier.job_id).catch((error: RequestError) => {
      if (error.status !== 404) throw error;
      return null;
    });
    if (job === null || !is_under_way(job)) return null;
    if (same_choices(earlier.choices, upload.choices)) return job.id;
    await server.remove(job.id);
    return null;
  }

  /** Whether an upload that is gone was whole and went to its job: the answer that said so may have been lost. */
  private async went_to_job(upload: Upload, { status }: RequestError): Promise<boolean> {
    if (!upload.job_id || (status !== 404 && status !== 410)) return false;
    const job = await server.job(upload.job_id).catch(() => null);
    return job !== null && (job.status === 'completed' || (is_under_way(job) && job.waiting_for?.reason !== 'upload'));
  }

  private async fail(upload: Upload, error: RequestError): Promise<void> {
    // A server that turns somebody away may do so before it has read the file: the connection then just breaks off.
    const turned_away = needs_sign_in(error) || error.code === 'unreachable';
    if (turned_away && account.me.accounts) await account.look();
    if (turned_away && !account.may_enter) {
      upload.state = 'waiting';
      return;
    }
    const { status, detail } = error;
    if (status === 404 || status === 410) {
      upload.upload_id = '';
      upload.sent = false;
    }
    upload.failure = status === 0 ? { kind: 'unreachable' } : { kind: 'refused', status, detail };
    upload.state = 'failed';
  }

  private hear(events: readonly ServerEvent[]): void {
    for (const event of events) {
      const id = event.kind === 'job' ? event.job.id : event.kind === 'deleted' ? event.id : '';
      const upload = id && this.list.find(({ job_id }) => job_id === id);
      if (!upload) continue;
      if (event.kind === 'job') this.take(upload, event.job);
      else this.drop(upload);
    }
  }

  /** Asks for the jobs of which nothing may have been heard for a while. */
  private async look(): Promise<void> {
    for (const upload of this.list.filter(({ job_id }) => job_id !== '')) {
      const job = await server.job(upload.job_id).catch((error: RequestError) => (error.status === 404 ? 'gone' : null));
      if (job === 'gone') this.drop(upload);
      else if (job) this.take(upload, job);
    }
  }

  /** What becomes of the job decides about the rest of the file, too. */
  private take(upload: Upload, job: Job): void {
    upload.job = job;
    if (upload.sent || upload.state === 'failed' || !this.list.includes(upload)) return;
    if (job.status === 'completed') {
      this.settle(upload);
      this.start_waiting();
    } else if (job.status === 'cancelled' || job.cancel_requested) this.drop(upload);
    else if (job.status === 'failed') {
      upload.transfer?.give_up();
      upload.transfer = null;
      upload.failure = { kind: 'job', detail: job.error?.message ?? '' };
      upload.state = 'failed';
      this.start_waiting();
    }
  }

  /** All of the file is with its job, which is told of by the list of jobs from now on. */
  private settle(upload: Upload): void {
    arriving_jobs.forget(upload.upload_id);
    this.list = this.list.filter((other) => other !== upload);
    void jobs.show(upload.job_id);
  }

  private drop(upload: Upload): void {
    arriving_jobs.forget(upload.upload_id);
    this.list = this.list.filter((other) => other !== upload);
    upload.transfer?.give_up();
    this.start_waiting();
  }

  private discard_job(upload: Upload): void {
    jobs.forget(upload.job_id);
    void server.remove(upload.job_id).catch(() => undefined);
  }
}

export const uploads = new UploadsStore();
