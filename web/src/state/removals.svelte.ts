import type { RequestError } from '../api/server';
import type { MessageKey } from '../messages/messages.svelte';
import { problems } from './problems.svelte';

const kUndoMs = 8000;

/** Something that is to be deleted, and how that is told. */
export interface Removable {
  id: string;
  name: string;
  /** Says that it is deleted; its parameter is the name. */
  text: MessageKey;
  /** Asks the server for it; must outlive the page. */
  send: () => Promise<void>;
  on_removed: () => void;
}

interface Removal extends Removable {
  timer: number;
}

/** Deletions that can still be undone: asked of the server 8 s later, or at once when the page is left. */
class RemovalsStore {
  list = $state.raw<Removal[]>([]);

  constructor() {
    globalThis.window?.addEventListener('pagehide', () => void this.finish_all());
  }

  hides(id: string): boolean {
    return this.list.some((removal) => removal.id === id);
  }

  add(wanted: Removable): void {
    if (this.hides(wanted.id)) return;
    const removal: Removal = { ...wanted, timer: 0 };
    removal.timer = window.setTimeout(() => void this.finish(removal), kUndoMs);
    this.list = [...this.list, removal];
  }

  undo(removal: Removal): void {
    clearTimeout(removal.timer);
    this.list = this.list.filter((other) => other !== removal);
  }

  /** Deletes now what could still have been undone. */
  async finish_all(): Promise<void> {
    await Promise.all(this.list.map((removal) => this.finish(removal)));
  }

  private async finish(removal: Removal): Promise<void> {
    clearTimeout(removal.timer);
    try {
      await removal.send();
      removal.on_removed();
    } catch (error) {
      const { status, message } = error as RequestError;
      if (status === 404) removal.on_removed();
      else problems.add(message);
    }
    this.list = this.list.filter((other) => other !== removal);
  }
}

export const removals = new RemovalsStore();
