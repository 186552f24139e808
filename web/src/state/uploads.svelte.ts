import { needs_sign_in, type RequestError } from '../api/server';
import { create_job, new_idempotency_key, Transfer, type JobChoices } from '../api/upload';
import { TransferRate } from '../text/transfer_rate';
import { account } from './account.svelte';
import { capabilities } from './capabilities.svelte';
import { choices } from './choices.svelte';
import { media_length } from './media_length';
import { jobs } from './jobs.svelte';
import { uploads_to_start, type UploadState } from './upload_queue';

/** Why a file was not taken. `detail` is the server's own sentence. */
export type UploadFailure =
  | { kind: 'too_large'; limit_bytes: number }
  | { kind: 'empty' }
  | { kind: 'unreachable' }
  | { kind: 'refused'; status: number; detail: string };

/** One file on its way to the server. */
export class Upload {
  readonly key = new_idempotency_key();
  readonly rate = new TransferRate();
  state = $state<UploadState>('waiting');
  sent_bytes = $state(0);
  speed = $state<number | null>(null);
  seconds_left = $state<number | null>(null);
  length_s = $state<number | null>(null);
  failure = $state.raw<UploadFailure | null>(null);
  /** One per submission: repeated after a broken connection, new after an answer. */
  submission = new_idempotency_key();
  transfer: Transfer | null = null;
  /** The upload's id, once the file is there as a whole. */
  upload_id = '';

  constructor(
    readonly file: File,
    readonly choices: JobChoices,
  ) {}

  progress(bytes: number): void {
    if (this.state !== 'sending') return;
    this.sent_bytes = Math.min(bytes, this.file.size);
    this.rate.add(performance.now(), this.sent_bytes);
    this.speed = this.rate.speed();
    this.seconds_left = this.rate.seconds_left(this.file.size);
  }
}

function local_failure(file: File): UploadFailure | null {
  const limit_bytes = capabilities.now?.limits.max_upload_bytes ?? Infinity;
  if (file.size === 0) return { kind: 'empty' };
  return file.size > limit_bytes ? { kind: 'too_large', limit_bytes } : null;
}

/** Files added on this page and not yet jobs; at most two are sent at a time. */
class UploadsStore {
  list = $state.raw<Upload[]>([]);

  get busy(): boolean {
    return this.list.some((upload) => upload.state !== 'failed');
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

  remove(upload: Upload): void {
    this.list = this.list.filter((other) => other !== upload);
    upload.transfer?.give_up();
    this.start_waiting();
  }

  pause(upload: Upload): void {
    upload.state = 'paused';
    upload.speed = upload.seconds_left = null;
    upload.transfer?.pause();
    this.start_waiting();
  }

  resume(upload: Upload): void {
    upload.state = 'waiting';
    this.start_waiting();
  }

  retry(upload: Upload): void {
    if (upload.failure?.kind !== 'unreachable') upload.submission = new_idempotency_key();
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
      if (!upload.upload_id) {
        upload.transfer = new Transfer(upload.file, (bytes) => upload.progress(bytes));
        upload.upload_id = await upload.transfer.done;
      }
      upload.state = 'checking';
      const accepted = await create_job(upload.upload_id, upload.choices, upload.submission);
      this.list = this.list.filter((other) => other !== upload);
      void jobs.show(accepted.id);
    } catch (error) {
      await this.fail(upload, error as RequestError);
    }
    upload.transfer = null;
    this.start_waiting();
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
    if (status === 404 || status === 410) upload.upload_id = '';
    upload.failure = status === 0 ? { kind: 'unreachable' } : { kind: 'refused', status, detail };
    upload.state = 'failed';
  }
}

export const uploads = new UploadsStore();
