import { EventStream, type ServerEvent } from '../api/event_stream';
import { account } from './account.svelte';
import { capabilities } from './capabilities.svelte';

const kGraceMs = 1500;

/** Whether the server is heard. A loss shorter than a moment is not worth a word. */
class ConnectionStore {
  lost = $state(false);
  private timer = 0;

  /** Listens to `url` until the returned function is called; `on_open(again)` when something may have been missed. */
  listen(url: string, on_events: (events: ServerEvent[]) => void, on_open: (again: boolean) => void): () => void {
    const stream = new EventStream(url, {
      on_events,
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
