import type { Capabilities, Job, JobPage, Model, ModelList, Problem, Transcript } from './types';

/** Why a request did not work. `status` 0: no answer came at all; `detail` is then empty. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    /** Seconds after which it may work; null when the server names none. */
    readonly retry_after_s: number | null = null,
  ) {
    super(detail || `HTTP ${status}`);
  }
}

/** Reads the problem document of a failed answer; whatever else came is kept short and shown as it is. */
export function error_of_answer(status: number, body: string): RequestError {
  try {
    const problem = JSON.parse(body) as Partial<Problem>;
    const fields = (problem.errors ?? []).map((error) => error.detail).filter((text) => text !== problem.detail);
    const detail = [problem.detail ?? problem.title ?? '', ...fields].filter(Boolean).join(' ');
    return new RequestError(status, problem.code ?? '', detail, problem.retry_after ?? null);
  } catch {
    return new RequestError(status, '', '');
  }
}

let on_signed_out: () => void = () => undefined;

/** Calls `listener` whenever the server answers that nobody is signed in any more. */
export function when_signed_out(listener: () => void): void {
  on_signed_out = listener;
}

/** Whether the request would work for somebody who signs in; a wrong password is something else. */
export function needs_sign_in(error: RequestError): boolean {
  return error.code === 'not_signed_in' || error.code === 'session_expired';
}

/** What is to be thrown for a failed answer; a session that ended is told to the listener. */
export function refuse(status: number, body: string): RequestError {
  const error = error_of_answer(status, body);
  if (needs_sign_in(error)) on_signed_out();
  return error;
}

export async function request(url: string, init?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { headers: { Accept: 'application/json' }, ...init });
  } catch {
    throw new RequestError(0, 'unreachable', '');
  }
  if (!answer.ok) throw refuse(answer.status, await answer.text().catch(() => ''));
  return answer;
}

export async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const answer = await request(url, init);
  return (await answer.json()) as T;
}

/** A request with a JSON document. */
export function with_body(method: string, body: unknown): RequestInit {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  return { method, headers, body: JSON.stringify(body) };
}

export interface JobQuery {
  state: string;
  q: string;
  limit: number;
}

export function jobs_address(query: JobQuery): string {
  const fields = new URLSearchParams();
  if (query.state) fields.set('state', query.state);
  if (query.q) fields.set('q', query.q);
  fields.set('limit', String(query.limit));
  return `/api/jobs?${fields.toString()}`;
}

export const server = {
  capabilities: () => json<Capabilities>('/api/capabilities'),
  models: () => json<ModelList>('/api/models'),
  available_models: () => json<ModelList>('/api/models?available=true'),
  model: (id: string) => json<Model>(`/api/models/${encodeURIComponent(id)}`),
  download_model: (id: string) => json<Model>(`/api/models/${encodeURIComponent(id)}/download`, { method: 'POST' }),
  remove_model: async (id: string) => {
    await request(`/api/models/${encodeURIComponent(id)}`, { method: 'DELETE' });
  },
  jobs: (address: string) => json<JobPage>(address),
  job: (id: string) => json<Job>(`/api/jobs/${encodeURIComponent(id)}`),
  cancel: (job: Job) => json<Job>(job.links.cancel, { method: 'POST' }),
  retry: (job: Job) => json<Job>(job.links.retry, { method: 'POST' }),
  /** `keepalive` lets the request outlive the page. */
  remove: async (id: string) => {
    await request(`/api/jobs/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive: true });
  },
  transcript: (job: Job) => json<Transcript>(job.links.transcript),
  text: async (url: string) => (await request(url, { headers: { Accept: 'text/vtt, text/plain' } })).text(),
};
