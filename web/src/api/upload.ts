import { refuse, RequestError } from './server';
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

export interface Transfer {
  done: Promise<JobAccepted>;
  abort(): void;
}

export function job_form(file: File, choices: JobChoices): FormData {
  const form = new FormData();
  for (const name of ['language', 'engine', 'model', 'profile'] as const) {
    if (choices[name]) form.append(name, choices[name]);
  }
  for (const target of choices.targets) form.append('targets', target);
  for (const format of choices.formats) form.append('formats', format);
  form.append('priority', choices.priority);
  if (choices.audio_track !== null) form.append('audio_track', String(choices.audio_track));
  form.append('file', file, file.name);
  return form;
}

/** 26 letters and digits without a pattern; `crypto.randomUUID` is absent on plain http from another machine. */
export function new_idempotency_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}

/** Sends one file. `fetch` cannot report upload progress, so this is the one place with XMLHttpRequest. */
export function send_file(file: File, choices: JobChoices, key: string, on_sent: (bytes: number) => void): Transfer {
  const request = new XMLHttpRequest();
  const done = new Promise<JobAccepted>((resolve, reject) => {
    request.upload.onprogress = (event) => on_sent(event.loaded);
    request.onload = () => {
      if (request.status === 202) resolve(JSON.parse(request.responseText) as JobAccepted);
      else reject(refuse(request.status, request.responseText));
    };
    request.onerror = () => reject(new RequestError(0, 'unreachable', ''));
    request.onabort = () => reject(new RequestError(0, 'cancelled', ''));
    request.open('POST', '/api/jobs');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Idempotency-Key', key);
    request.send(job_form(file, choices));
  });
  return { done, abort: () => request.abort() };
}
