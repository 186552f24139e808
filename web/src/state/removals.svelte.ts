import { RequestError, server } from '../api/server';
import type { Job } from '../api/types';
import { problems } from './problems.svelte';

const kUndoMs = 8000;

interface Removal {
  job: Job;
  timer: number;
  on_removed: () => void;
}

/** Deletions that can still be undone: asked of the server 8 s later, or at once when the page is left. */
class RemovalsStore {
  list = $state.raw<Removal[]>([]);

  constructor() {
    globalThis.window?.addEventListener('pagehide', () => void this.finish_all());
  }

  hides(id: string): boolean {
    return this.list.some((removal) => removal.job.id === id);
  }

  add(job: Job, on_removed: () => void): void {
    if (this.hides(job.id)) return;
    const removal: Removal = { job, timer: 0, on_removed };
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
      await server.remove(removal.job.id);
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
