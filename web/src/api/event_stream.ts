import type { DeletedEvent, Job, SegmentsEvent } from './types';

/** What the server tells about jobs as it happens. */
export type ServerEvent =
  | { kind: 'job'; job: Job }
  | { kind: 'segments'; segments: SegmentsEvent }
  | { kind: 'deleted'; id: string };

export interface StreamListener {
  /** Events in order, gathered over a moment so that a burst is one update of the page. */
  on_events(events: ServerEvent[]): void;
  /** The stream is open; `again` when it had been lost, so that something may have been missed. */
  on_open(again: boolean): void;
  /** `refused`: the server answered, but not with a stream; its answer is not told. */
  on_lost(refused: boolean): void;
}

const kGatherMs = 60;
const kFirstPauseMs = 2000;
const kLongestPauseMs = 30000;

/**
 * Listens to a server-sent event stream until `close`. The browser reconnects by itself and then sends
 * `Last-Event-ID`; only when it gives up (the server answered with an error) a new stream is opened,
 * with growing pauses.
 */
export class EventStream {
  private source: EventSource | null = null;
  private gathered: ServerEvent[] = [];
  private gather_timer = 0;
  private retry_timer = 0;
  private pause_ms = kFirstPauseMs;
  private was_lost = false;

  constructor(
    private readonly url: string,
    private readonly listener: StreamListener,
  ) {
    this.connect();
  }

  close(): void {
    clearTimeout(this.gather_timer);
    clearTimeout(this.retry_timer);
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    const source = new EventSource(this.url);
    this.source = source;
    source.onopen = () => {
      this.pause_ms = kFirstPauseMs;
      this.listener.on_open(this.was_lost);
      this.was_lost = false;
    };
    source.onerror = () => this.lost(source);
    source.addEventListener('job', (event) => this.gather({ kind: 'job', job: JSON.parse(event.data) as Job }));
    source.addEventListener('segments', (event) =>
      this.gather({ kind: 'segments', segments: JSON.parse(event.data) as SegmentsEvent }),
    );
    source.addEventListener('deleted', (event) =>
      this.gather({ kind: 'deleted', id: (JSON.parse(event.data) as DeletedEvent).id }),
    );
  }

  private lost(source: EventSource): void {
    this.was_lost = true;
    const refused = source.readyState === EventSource.CLOSED;
    this.listener.on_lost(refused);
    // Whoever listens may have closed the stream for good because of that.
    if (!refused || this.source !== source) return;
    source.close();
    clearTimeout(this.retry_timer);
    this.retry_timer = window.setTimeout(() => this.connect(), this.pause_ms);
    this.pause_ms = Math.min(this.pause_ms * 2, kLongestPauseMs);
  }

  private gather(event: ServerEvent): void {
    this.gathered.push(event);
    if (this.gathered.length > 1) return;
    this.gather_timer = window.setTimeout(() => {
      const events = this.gathered;
      this.gathered = [];
      this.listener.on_events(events);
    }, kGatherMs);
  }
}
