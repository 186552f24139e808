const kFirstPauseMs = 2000;
const kLongestPauseMs = 30000;

export interface SourceListener {
  on_event(kind: string, data: string): void;
  /** The stream is open; `again` when it had been lost, so that something may have been missed. */
  on_open(again: boolean): void;
  /** `refused`: the server answered, but not with a stream; its answer is not told. */
  on_lost(refused: boolean): void;
}

/**
 * Listens to a server-sent event stream until `close`. The browser reconnects by itself and then sends
 * `Last-Event-ID`; only when it gives up (the server answered with an error) a new stream is opened,
 * with growing pauses.
 */
export class ReconnectingSource {
  private source: EventSource | null = null;
  private retry_timer = 0;
  private pause_ms = kFirstPauseMs;
  private was_lost = false;

  /** `kinds`: the names of the events that are listened for. */
  constructor(
    private readonly url: string,
    private readonly kinds: readonly string[],
    private readonly listener: SourceListener,
  ) {
    this.connect();
  }

  close(): void {
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
    for (const kind of this.kinds) {
      source.addEventListener(kind, (event) => this.listener.on_event(kind, (event as MessageEvent<string>).data));
    }
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
}
