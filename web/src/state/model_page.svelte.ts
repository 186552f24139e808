import { RequestError, server } from '../api/server';
import type { Model } from '../api/types';
import { capabilities } from './capabilities.svelte';

const kLookEveryMs = 2000;

/** What the page of models shows: every model and package, looked at again while one is on its way. */
export class ModelPage {
  models = $state.raw<Model[] | null>(null);
  /** Why the list is not all there is, or why the last wish failed. */
  problem = $state('');
  /** The package whose size and licence are shown before its download. */
  asked = $state.raw<Model | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  async load(): Promise<void> {
    clearTimeout(this.timer);
    const had_downloads = this.has_downloads();
    await this.attempt(async () => {
      const list = await server.available_models();
      this.models = list.models;
      if (list.problem) this.problem = list.problem;
    });
    if (this.closed) return;
    if (this.has_downloads()) this.timer = setTimeout(() => void this.load(), kLookEveryMs);
    else if (had_downloads) void capabilities.load();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  ask(model: Model): Promise<void> {
    this.problem = '';
    return this.attempt(async () => {
      this.asked = await server.model(model.id);
    });
  }

  async download(model: Model): Promise<void> {
    this.asked = null;
    this.problem = '';
    await this.attempt(() => server.download_model(model.id));
    await this.load();
  }

  async remove(model: Model): Promise<void> {
    this.problem = '';
    await this.attempt(() => server.remove_model(model.id));
    await this.load();
    void capabilities.load();
  }

  private has_downloads(): boolean {
    return (this.models ?? []).some((model) => model.state === 'downloading');
  }

  private async attempt(wish: () => Promise<unknown>): Promise<void> {
    try {
      await wish();
    } catch (error) {
      this.problem = error instanceof RequestError ? error.message : String(error);
    }
  }
}
