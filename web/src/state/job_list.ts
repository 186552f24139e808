import type { ServerEvent } from '../api/event_stream';
import type { Job, JobState } from '../api/types';

/** What the list shows: jobs in this state ('' all) whose name has `q` in it, in any case. */
export interface JobFilter {
  state: JobState | '';
  q: string;
}

export function matches(job: Job, filter: JobFilter): boolean {
  if (filter.state !== '' && job.status !== filter.state) return false;
  return job.name.toLocaleLowerCase().includes(filter.q.trim().toLocaleLowerCase());
}

/** Newest first, as the server sorts. */
function is_before(a: Job, b: Job): boolean {
  return a.created_at === b.created_at ? a.id > b.id : a.created_at > b.created_at;
}

function place(list: Job[], job: Job): void {
  const at = list.findIndex((other) => is_before(job, other));
  list.splice(at < 0 ? list.length : at, 0, job);
}

export function without(list: readonly Job[], id: string): Job[] {
  return list.filter((job) => job.id !== id);
}

/**
 * The list after the events. A job that is older than everything shown is not taken in while there are
 * more pages (`has_more`): it belongs to one of them.
 */
export function apply_events(
  list: readonly Job[],
  events: readonly ServerEvent[],
  filter: JobFilter,
  has_more: boolean,
): Job[] {
  const next = [...list];
  for (const event of events) {
    if (event.kind === 'segments') continue;
    const id = event.kind === 'job' ? event.job.id : event.id;
    const at = next.findIndex((job) => job.id === id);
    const shown = event.kind === 'job' && matches(event.job, filter);
    if (at >= 0 && shown) next[at] = event.job;
    else if (at >= 0) next.splice(at, 1);
    else if (shown) {
      const last = next.at(-1);
      const on_later_page = has_more && last !== undefined && is_before(last, event.job);
      if (!on_later_page) place(next, event.job);
    }
  }
  return next;
}

/** The list after its first page was read again: the page is the truth for the span of time it covers. */
export function merge_first_page(list: readonly Job[], page: readonly Job[], page_is_all: boolean): Job[] {
  const last = page.at(-1);
  if (page_is_all || last === undefined) return [...page];
  return [...page, ...list.filter((job) => is_before(last, job))];
}

/** The list with a further page behind it; jobs that are there already stay where they are. */
export function append_page(list: readonly Job[], page: readonly Job[]): Job[] {
  const known = new Set(list.map((job) => job.id));
  return [...list, ...page.filter((job) => !known.has(job.id))];
}
