import type { ServerEvent } from '../api/event_stream';
import { jobs_address, RequestError, server } from '../api/server';
import type { Job } from '../api/types';
import { connection } from './connection.svelte';
import { append_page, apply_events, merge_first_page, without, type JobFilter } from './job_list';
import { tell_news } from './news';
import { removals } from './removals.svelte';

const kPageSize = 50;

/** Somebody who wants to know what becomes of jobs, whatever the list shows. */
export interface JobListener {
  on_events(events: readonly ServerEvent[]): void;
  /** The list was read anew: something may have been missed. */
  on_loaded(): void;
}

/** The job list of the start page: what the filter lets through, newest first, kept up to date by events. */
class JobsStore {
  list = $state.raw<Job[]>([]);
  filter = $state.raw<JobFilter>({ state: '', q: '' });
  next = $state.raw<string | null>(null);
  loaded = $state(false);
  failed = $state(false);
  private listeners: JobListener[] = [];
  private question = 0;
  /** Events since the load that is under way began: its answer may be older than they are. */
  private since_question: ServerEvent[] | null = null;

  /** Loads and follows the jobs; the returned function stops that. */
  follow(): () => void {
    void this.load();
    return connection.listen('/api/events', (events) => this.take(events), (again) => {
      if (again) void this.load();
    });
  }

  listen(listener: JobListener): void {
    this.listeners.push(listener);
  }

  /** Passes on what was heard of jobs. */
  tell(events: readonly ServerEvent[]): void {
    for (const listener of this.listeners) listener.on_events(events);
  }

  change_filter(filter: JobFilter): void {
    this.filter = filter;
    this.list = [];
    this.loaded = false;
    void this.load();
  }

  /** Reads the first page; what an earlier call is still waiting for is then dropped. */
  async load(): Promise<void> {
    const question = (this.question += 1);
    this.since_question = [];
    try {
      const address = jobs_address({ state: this.filter.state, q: this.filter.q.trim(), limit: kPageSize });
      const page = await server.jobs(address);
      if (question !== this.question) return;
      const had_more_pages = this.list.length > page.jobs.length;
      this.list = merge_first_page(this.list, page.jobs, page.next === null);
      if (!had_more_pages || page.next === null) this.next = page.next;
      this.list = apply_events(this.list, this.since_question ?? [], this.filter, this.next !== null);
      this.since_question = null;
      this.loaded = true;
      this.failed = false;
      for (const listener of this.listeners) listener.on_loaded();
    } catch {
      if (question === this.question) this.failed = true;
    }
  }

  async load_more(): Promise<void> {
    if (this.next === null) return;
    const question = this.question;
    const page = await server.jobs(this.next).catch(() => null);
    if (page === null || question !== this.question) return;
    this.list = append_page(this.list, page.jobs);
    this.next = page.next;
  }

  take(events: readonly ServerEvent[]): void {
    for (const event of events) {
      if (event.kind === 'job') tell_news(this.list.find((job) => job.id === event.job.id), event.job);
    }
    this.tell(events);
    this.since_question?.push(...events);
    this.list = apply_events(this.list, events, this.filter, this.next !== null);
  }

  /** Puts a job into the list that was just made, unless its events were quicker and know it better. */
  async show(id: string): Promise<void> {
    const job = await server.job(id).catch(() => null);
    if (job && !this.list.some((known) => known.id === id)) this.take([{ kind: 'job', job }]);
  }

  /** Takes a job out of the list that is being deleted elsewhere. */
  forget(id: string): void {
    this.list = without(this.list, id);
  }

  cancel = (job: Job): Promise<string | null> => this.act(() => server.cancel(job));
  retry = (job: Job): Promise<string | null> => this.act(() => server.retry(job));

  /** Takes the job out of sight; it is deleted when the time to undo is over. */
  remove(job: Job): void {
    const { id, name } = job;
    removals.add({ id, name, text: 'job.deleted', send: () => server.remove(id), on_removed: () => this.forget(id) });
  }

  /** Null when it worked, else the reason. What became of the job comes to the list as an event, in order. */
  private async act(action: () => Promise<Job>): Promise<string | null> {
    try {
      this.tell([{ kind: 'job', job: await action() }]);
      return null;
    } catch (error) {
      return (error as RequestError).message;
    }
  }
}

export const jobs = new JobsStore();
