import { ReconnectingSource, type SourceListener } from './reconnecting_source';
import type { DeletedEvent, Job, SegmentsEvent } from './types';

/** What the server tells about jobs as it happens. */
export type ServerEvent =
  | { kind: 'job'; job: Job }
  | { kind: 'segments'; segments: SegmentsEvent }
  | { kind: 'deleted'; id: string };

export interface StreamListener extends Omit<SourceListener, 'on_event'> {
  /** Events in order, gathered over a moment so that a burst is one update of the page. */
  on_events(events: ServerEvent[]): void;
}

const kKinds = ['job', 'segments', 'deleted'];
const kGatherMs = 60;

function read_event(kind: string, data: string): ServerEvent {
  if (kind === 'job') return { kind, job: JSON.parse(data) as Job };
  if (kind === 'segments') return { kind, segments: JSON.parse(data) as SegmentsEvent };
  return { kind: 'deleted', id: (JSON.parse(data) as DeletedEvent).id };
}

/** Listens to a stream of jobs until `close`. */
export class EventStream {
  private readonly source: ReconnectingSource;
  private gathered: ServerEvent[] = [];
  private gather_timer = 0;

  constructor(
    url: string,
    private readonly listener: StreamListener,
  ) {
    this.source = new ReconnectingSource(url, kKinds, {
      on_event: (kind, data) => this.gather(read_event(kind, data)),
      on_open: (again) => listener.on_open(again),
      on_lost: (refused) => listener.on_lost(refused),
    });
  }

  close(): void {
    clearTimeout(this.gather_timer);
    this.source.close();
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
