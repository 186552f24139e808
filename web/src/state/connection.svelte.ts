import { EventStream, type ServerEvent } from '../api/event_stream';
import { ReconnectingSource, type SourceListener } from '../api/reconnecting_source';
import { account } from './account.svelte';
import { capabilities } from './capabilities.svelte';

const kGraceMs = 1500;

type StreamEnds = Pick<SourceListener, 'on_open' | 'on_lost'>;

/** Whether the server is heard. A loss shorter than a moment is not worth a word. */
class ConnectionStore {
  lost = $state(false);
  private timer = 0;

  /** Listens to `url` until the returned function is called; `on_open(again)` when something may have been missed. */
  listen(url: string, on_events: (events: ServerEvent[]) => void, on_open: (again: boolean) => void): () => void {
    return this.follow((ends) => new EventStream(url, { on_events, ...ends }), on_open);
  }

  /** The same for a stream of one kind of events, whose data are given as they come. */
  listen_plainly(
    url: string,
    kind: string,
    on_event: (data: string) => void,
    on_open: (again: boolean) => void,
  ): () => void {
    return this.follow(
      (ends) => new ReconnectingSource(url, [kind], { on_event: (_, data) => on_event(data), ...ends }),
      on_open,
    );
  }

  private follow(open: (ends: StreamEnds) => { close(): void }, on_open: (again: boolean) => void): () => void {
    const stream = open({
      on_open: (again) => {
        this.found();
        if (again) void capabilities.load();
        on_open(again);
      },
      on_lost: (refused) => {
        this.lose();
        if (refused) void account.look();
      },
    });
    return () => {
      stream.close();
      this.found();
    };
  }

  private found(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.lost = false;
  }

  private lose(): void {
    if (this.timer !== 0 || this.lost) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.lost = true;
    }, kGraceMs);
  }
}

export const connection = new ConnectionStore();
