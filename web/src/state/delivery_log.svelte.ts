import { webhook_server } from '../api/webhook_server';
import type { WebhookDelivery } from '../api/types';
import { refusal_of, type Refusal } from './refusal';

const kLookAgainMs = 5000;

/** What was sent to one webhook, the newest first; nothing tells of news, so it is read again while it is shown. */
export class DeliveryLog {
  list = $state.raw<WebhookDelivery[] | null>(null);
  refusal = $state.raw<Refusal | null>(null);

  constructor(private readonly webhook_id: string) {}

  /** Reads the log now and then; the returned function stops that. */
  follow(): () => void {
    void this.load();
    const timer = setInterval(() => void this.load(), kLookAgainMs);
    return () => clearInterval(timer);
  }

  async load(): Promise<void> {
    try {
      this.list = await webhook_server.deliveries(this.webhook_id);
      this.refusal = null;
    } catch (error) {
      this.refusal = refusal_of(error);
    }
  }

  /** Has the message sent again, under its old id. */
  async replay(delivery: WebhookDelivery): Promise<void> {
    try {
      const changed = await webhook_server.replay(this.webhook_id, delivery.id);
      this.list = this.list?.map((other) => (other.id === changed.id ? changed : other)) ?? null;
      this.refusal = null;
    } catch (error) {
      this.refusal = refusal_of(error);
    }
  }
}
