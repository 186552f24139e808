import { json, request, with_body } from './server';
import type { Webhook, WebhookDelivery, WebhookWithSecret } from './types';

const kWebhooks = '/api/webhooks';

/** The routes about who is told of the end of jobs. */
export const webhook_server = {
  webhooks: async () => (await json<{ webhooks: Webhook[] }>(kWebhooks)).webhooks,
  add: (url: string) => json<WebhookWithSecret>(kWebhooks, with_body('POST', { url })),
  /** `keepalive` lets the request outlive the page. */
  remove: async (id: string) => {
    await request(`${kWebhooks}/${id}`, { method: 'DELETE', keepalive: true });
  },
  rotate: (id: string) => json<WebhookWithSecret>(`${kWebhooks}/${id}/rotate`, { method: 'POST' }),
  enable: (id: string) => json<Webhook>(`${kWebhooks}/${id}/enable`, { method: 'POST' }),
  deliveries: async (id: string) =>
    (await json<{ deliveries: WebhookDelivery[] }>(`${kWebhooks}/${id}/deliveries`)).deliveries,
  replay: (id: string, delivery: string) =>
    json<WebhookDelivery>(`${kWebhooks}/${id}/deliveries/${encodeURIComponent(delivery)}/replay`, { method: 'POST' }),
};
