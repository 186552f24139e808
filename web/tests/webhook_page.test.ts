import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestError } from '../src/api/server';
import type { Webhook, WebhookDelivery } from '../src/api/types';
import type { Removable } from '../src/state/removals.svelte';

const routes = vi.hoisted(() => ({
  webhooks: vi.fn(), add: vi.fn(), remove: vi.fn(), rotate: vi.fn(), enable: vi.fn(), deliveries: vi.fn(), replay: vi.fn(),
}));
const removed: Removable[] = [];
vi.mock('../src/api/webhook_server', () => ({ webhook_server: routes }));
vi.mock('../src/state/removals.svelte', () => ({ removals: { add: (wanted: Removable) => removed.push(wanted) } }));

const { WebhookPage } = await import('../src/state/webhook_page.svelte');
const { DeliveryLog } = await import('../src/state/delivery_log.svelte');

const hook: Webhook = {
  id: 'h', url: 'https://example.com/hook', created_at: '2026-01-01T10:00:00Z', old_secret_until: null,
  disabled_at: null, disabled_reason: null,
};

beforeEach(() => {
  Object.values(routes).forEach((route) => route.mockReset());
  removed.length = 0;
});

describe('WebhookPage', () => {
  it('keeps the secret of a new one until it is deleted', async () => {
    const page = new WebhookPage();
    routes.add.mockResolvedValue({ ...hook, secret: 'whsec_x' });
    routes.webhooks.mockResolvedValue([hook]);
    expect(await page.add(hook.url)).toBe(true);
    expect(page.shown?.secret).toBe('whsec_x');
    page.remove(hook);
    expect(page.shown).toBeNull();
    expect(page.list).toHaveLength(1);
    expect(removed[0]).toMatchObject({ id: 'h', name: hook.url });
    await removed[0]!.send();
    removed[0]!.on_removed();
    expect(routes.remove).toHaveBeenCalledWith('h');
    expect(page.list).toEqual([]);
  });

  it('says at which webhook a refusal belongs', async () => {
    const page = new WebhookPage();
    routes.webhooks.mockResolvedValue([hook]);
    routes.add.mockRejectedValue(new RequestError(422, 'url_not_allowed', 'Expected https.'));
    expect(await page.add('http://example.com/')).toBe(false);
    expect([page.refused_id, page.refusal?.detail]).toEqual(['', 'Expected https.']);
    routes.enable.mockRejectedValue(new RequestError(404, 'not_found', 'There is no such webhook.'));
    await page.enable(hook);
    expect(page.refused_id).toBe('h');
  });
});

describe('DeliveryLog', () => {
  const sent = { id: 'm', state: 'delivered', attempts: 1 } as WebhookDelivery;

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is read again until nobody looks any more', async () => {
    routes.deliveries.mockResolvedValue([sent]);
    const stop = new DeliveryLog('h').follow();
    await vi.advanceTimersByTimeAsync(5000);
    expect(routes.deliveries).toHaveBeenCalledTimes(2);
    stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(routes.deliveries).toHaveBeenCalledTimes(2);
  });

  it('shows what became of a message that is sent again', async () => {
    const log = new DeliveryLog('h');
    routes.deliveries.mockResolvedValue([sent]);
    await log.load();
    routes.replay.mockResolvedValue({ ...sent, state: 'pending' });
    await log.replay(sent);
    expect(routes.replay).toHaveBeenCalledWith('h', 'm');
    expect(log.list?.map(({ state }) => state)).toEqual(['pending']);
  });
});
