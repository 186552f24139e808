import { DetailedError, Upload } from 'tus-js-client';
import { refuse, request, RequestError } from './server';
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

/** The document of `POST /api/jobs` for a file that was uploaded before. */
export function job_document(upload_id: string, choices: JobChoices): Record<string, unknown> {
  const fields: Record<string, unknown> = { upload: upload_id };
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

/** How many parts of a file are sent side by side. */
export function parts_of(size_bytes: number): number {
  return size_bytes > kChunkBytes ? kPartsAtOnce : 1;
}

export function upload_id_of(address: string): string {
  return address.slice(address.lastIndexOf('/') + 1);
}

/** What a failure of the client library means to a person. */
export function error_of_transfer(error: Error): RequestError {
  const answer = error instanceof DetailedError ? error.originalResponse : null;
  return answer ? refuse(answer.getStatus(), answer.getBody()) : new RequestError(0, 'unreachable', '');
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

  constructor(file: File, on_sent: (bytes: number) => void) {
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
      onProgress: (bytes) => on_sent(bytes),
      onError: (error) => fail(error_of_transfer(error)),
      onSuccess: () => finish(upload_id_of(this.upload.url ?? '')),
    });
    void this.begin();
  }

  private async begin(): Promise<void> {
    const earlier = await this.upload.findPreviousUploads().catch(() => []);
    const newest = earlier.at(-1);
    if (newest) this.upload.resumeFromPreviousUpload(newest);
    if (!this.given_up) this.upload.start();
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

/** Makes a job of an upload. The same key makes the same job, however often the request is repeated. */
export async function create_job(upload_id: string, choices: JobChoices, key: string): Promise<JobAccepted> {
  const answer = await request('/api/jobs', {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(job_document(upload_id, choices)),
  });
  return (await answer.json()) as JobAccepted;
}
