import { webhook_server } from '../api/webhook_server';
import type { Webhook, WebhookWithSecret } from '../api/types';
import { refusal_of, type Refusal } from './refusal';
import { removals } from './removals.svelte';

/** One's own webhooks. A secret is known only until it is put away or the page is left. */
export class WebhookPage {
  list = $state.raw<Webhook[] | null>(null);
  shown = $state.raw<WebhookWithSecret | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  /** The webhook that the refusal is about; '' for a new one. */
  refused_id = $state('');

  async load(): Promise<void> {
    try {
      this.list = await webhook_server.webhooks();
    } catch (error) {
      this.refuse('', error);
    }
  }

  /** Whether it was added. */
  async add(url: string): Promise<boolean> {
    this.refusal = null;
    try {
      this.shown = await webhook_server.add(url);
    } catch (error) {
      this.refuse('', error);
      return false;
    }
    await this.load();
    return true;
  }

  rotate(webhook: Webhook): Promise<void> {
    return this.act(webhook, async () => (this.shown = await webhook_server.rotate(webhook.id)));
  }

  enable(webhook: Webhook): Promise<void> {
    return this.act(webhook, () => webhook_server.enable(webhook.id));
  }

  /** Takes it out of sight; it is deleted when the time to undo is over. */
  remove({ id, url }: Webhook): void {
    if (this.shown?.id === id) this.shown = null;
    const on_removed = (): void => void (this.list = this.list?.filter((other) => other.id !== id) ?? null);
    removals.add({ id, name: url, text: 'webhooks.deleted', send: () => webhook_server.remove(id), on_removed });
  }

  private async act(webhook: Webhook, action: () => Promise<unknown>): Promise<void> {
    this.refusal = null;
    try {
      await action();
    } catch (error) {
      this.refuse(webhook.id, error);
    }
    await this.load();
  }

  private refuse(id: string, error: unknown): void {
    this.refused_id = id;
    this.refusal = refusal_of(error);
  }
}
