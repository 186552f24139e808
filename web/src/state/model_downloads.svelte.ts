import { server } from '../api/server';
import type { Model } from '../api/types';
import { capabilities } from './capabilities.svelte';

const kLookEveryMs = 2000;

/** The recognition models that the server is fetching, and those that it could not fetch. Looked at again and again only while
    something is under way; what has come is then among the capabilities. */
class ModelDownloads {
  underway = $state.raw<Model[]>([]);
  failed = $state.raw<Model[]>([]);
  private timer: ReturnType<typeof setTimeout> | undefined;

  async look(): Promise<void> {
    clearTimeout(this.timer);
    const list = await server.models().catch(() => null);
    if (list === null) return;
    const models = list.models.filter((model) => model.kind !== 'translation');
    const had_some = this.underway.length > 0;
    this.underway = models.filter((model) => model.state === 'downloading');
    this.failed = models.filter((model) => model.state === 'available' && model.reason !== '');
    if (this.underway.length > 0) this.timer = setTimeout(() => void this.look(), kLookEveryMs);
    else if (had_some) void capabilities.load();
  }

  async start(model: Model): Promise<void> {
    await server.download_model(model.id).catch(() => undefined);
    await this.look();
  }
}

export const model_downloads = new ModelDownloads();
