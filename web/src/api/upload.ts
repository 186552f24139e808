import { DetailedError, Upload } from 'tus-js-client';
import { json, refuse, RequestError, with_body } from './server';
import type { Format, JobAccepted, Priority } from './types';

/** What a person chose for a file, as `POST /api/jobs` takes it; empty strings mean "the server decides". */
export interface JobChoices {
  language: string;
  engine: string;
  /** One of the engine's models. */
  model: string;
  targets: string[];
  formats: Format[];
  profile: string;
  priority: Priority;
  audio_track: number | null;
}

/** Where the media of a job is: an upload, all of which may not be there yet, or an address that the server asks. */
export type JobSource = { upload: string } | { url: string };

/** The document of `POST /api/jobs`. */
export function job_document(source: JobSource, choices: JobChoices): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...source };
  for (const name of ['language', 'engine', 'model', 'profile'] as const) {
    if (choices[name]) fields[name] = choices[name];
  }
  fields.targets = choices.targets;
  fields.formats = choices.formats;
  fields.priority = choices.priority;
  if (choices.audio_track !== null) fields.audio_track = choices.audio_track;
  return fields;
}

/** 26 letters and digits without a pattern; `crypto.randomUUID` is absent on plain http from another machine. */
export function new_idempotency_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}

const kUploads = '/api/uploads';
const kChunkBytes = 50 * 1024 * 1024;
/** A browser has six connections to a server; two files at once, and the events, must fit. */
const kPartsAtOnce = 2;
const kMostBytesInOneRow = 512 * 1024 * 1024;
const kFewestBytesOfEarlyJob = 8 * 1024 * 1024;

/**
 * How many parts of a file are sent side by side. A job can work on a file that comes in one row from its front, on
 * one in parts only when they are joined. Sending takes S in one row and at best S / 2 in two parts, over a line that
 * one connection leaves half empty; recognising takes R. One row is done after the longer of S and R, parts after
 * S / 2 + R: parts gain only where S is more than twice R. Up to 512 MiB that is a slow line: such a file has half an
 * hour of video, of which recognising takes minutes, as sending does at 20 Mbit/s. What is larger has a high rate for
 * its length, or so much of it that a second connection is worth its while.
 */
export function parts_of(size_bytes: number): number {
  return size_bytes > kMostBytesInOneRow ? kPartsAtOnce : 1;
}

/**
 * Whether the job is made while the file is still being sent. The server tells of bytes in steps of 4 MiB: of a small
 * file it would know nothing before the end, and a file that is there as a whole is looked at before it becomes a job.
 */
export function may_begin_early(size_bytes: number): boolean {
  return size_bytes >= kFewestBytesOfEarlyJob && parts_of(size_bytes) === 1;
}

export function upload_id_of(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1);
}

/** What a failure of the client library means to a person. */
export function error_of_transfer(error: Error): RequestError {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  return answer ? refuse(answer.getStatus(), answer.getBody()) : new RequestError(0, 'unreachable', '');
}

/** What a transfer tells and asks. */
export interface TransferListener {
  on_sent(bytes: number): void;
  /** The upload is on the server, under this id; again after each pause. Not told of a file that is sent in parts. */
  on_created(upload_id: string): void;
  /** Whether an earlier upload of the same file is somebody else's: the file was chosen twice. */
  is_taken(upload_id: string): boolean;
}

/**
 * Sends one file by the tus protocol. It goes on where it was after a broken line, a pause, and, when the same file is
 * chosen again, after a reload of the page.
 */
export class Transfer {
  /** The id of the upload, once all of it is there. */
  readonly done: Promise<string>;
  private readonly upload: Upload;
  private given_up = false;

  /** `known_id`: of an upload of this file that was begun before; else ''. */
  constructor(file: File, known_id: string, listener: TransferListener) {
    let finish: (id: string) => void;
    let fail: (error: RequestError) => void;
    this.done = new Promise((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    this.upload = new Upload(file, {
      endpoint: kUploads,
      metadata: { filename: file.name },
      chunkSize: kChunkBytes,
      parallelUploads: parts_of(file.size),
      retryDelays: [0, 1000, 3000, 5000],
      removeFingerprintOnSuccess: true,
      onProgress: (bytes) => listener.on_sent(bytes),
      onUploadUrlAvailable: () => listener.on_created(upload_id_of(this.upload.url ?? '')),
      onError: (error) => fail(error_of_transfer(error)),
      onSuccess: () => finish(upload_id_of(this.upload.url ?? '')),
    });
    void this.begin(known_id, listener);
  }

  private async begin(known_id: string, listener: TransferListener): Promise<void> {
    const all = await this.upload.findPreviousUploads().catch(() => []);
    const earlier = all.map((upload) => ({ upload, id: upload_id_of(upload.uploadUrl ?? '') }));
    const own = earlier.filter(({ id }) => (known_id === '' ? !listener.is_taken(id) : id === known_id)).at(-1);
    if (own) this.upload.resumeFromPreviousUpload(own.upload);
    if (known_id !== '') this.upload.url = `${kUploads}/${known_id}`;
    if (!this.given_up) this.upload.start();
  }

  /** From now on it is this upload or none: where it is gone, the transfer fails, and no second one is begun. */
  hold_on(): void {
    this.upload.options.endpoint = null;
  }

  pause(): void {
    void this.upload.abort();
  }

  resume(): void {
    this.upload.start();
  }

  /** Lets the server forget what it has; the file is sent from the front the next time. */
  give_up(): void {
    this.given_up = true;
    void this.upload.abort(true).catch(() => undefined);
  }
}

/** Makes a job. The same key makes the same job, however often the request is repeated. */
export async function create_job(source: JobSource, choices: JobChoices, key: string): Promise<JobAccepted> {
  const init = with_body('POST', job_document(source, choices));
  return json<JobAccepted>('/api/jobs', { ...init, headers: { ...init.headers, 'Idempotency-Key': key } });
}
