import { json, request, with_body } from './server';
import type { Advice, Cache, History, MemoryProfile, Model, Optimized, Performance, SystemStatus, Timings } from './types';

/** How far back figures are asked for. */
export type RangeName = '15m' | '6h' | '7d';

export const kSystemEvents = '/api/system/events';

/** What the page of the system asks; for administrators. */
export const system_server = {
  status: () => json<SystemStatus>('/api/system/status'),
  performance: () => json<Performance>('/api/performance'),
  history: (range: RangeName) => json<History>(`/api/performance/history?range=${range}`),
  timings: () => json<Timings>('/api/performance/timings'),
  reset_timings: async () => {
    await request('/api/performance/timings', { method: 'DELETE' });
  },
  memory: () => json<MemoryProfile>('/api/performance/memory'),
  advice: () => json<Advice>('/api/performance/optimization'),
  apply: (id: string) => json<Optimized>('/api/performance/optimize', with_body('POST', { apply: [id] })),
  free_memory: () => json<Optimized>('/api/performance/optimize', with_body('POST', { force_memory_cleanup: true })),
  caches: async () => (await json<{ caches: Cache[] }>('/api/caches')).caches,
  clear_cache: (name: string) =>
    json<{ freed_bytes: number }>(`/api/caches/${encodeURIComponent(name)}`, { method: 'DELETE' }),
  unload_model: (id: string) => json<Model>(`/api/models/${encodeURIComponent(id)}/unload`, { method: 'POST' }),
};
