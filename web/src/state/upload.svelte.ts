import { new_idempotency_key, type JobChoices, type Transfer } from '../api/upload';
import type { Job } from '../api/types';
import { TransferRate } from '../text/transfer_rate';
import type { UploadState } from './upload_queue';

/** Why a file was not taken. `detail` is the server's own sentence; `job`: the job on it failed before all was sent. */
export type UploadFailure =
  | { kind: 'too_large'; limit_bytes: number }
  | { kind: 'empty' }
  | { kind: 'unreachable' }
  | { kind: 'job'; detail: string }
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
  /** Of the upload on the server; '' while there is none. */
  upload_id = '';
  /** All of it is there. */
  sent = false;
  /** The job that is made while the file is being sent, on its way. */
  early: Promise<void> | null = null;
  /** The job on the upload; '' while there is none. */
  job_id = $state('');
  job = $state.raw<Job | null>(null);

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

  pause(): void {
    this.state = 'paused';
    this.speed = this.seconds_left = null;
    this.transfer?.pause();
  }

  /** Forgets what the server has of it: the next try begins at the front. */
  forget(): void {
    this.upload_id = this.job_id = '';
    this.job = this.early = null;
    this.sent = false;
    this.submission = new_idempotency_key();
  }
}
