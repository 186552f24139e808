import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestError } from '../src/api/server';
import type { Alert, Cache, Optimized, Recommendation, SystemEvent } from '../src/api/types';

const routes = vi.hoisted(() => ({
  status: vi.fn(),
  performance: vi.fn(),
  history: vi.fn(),
  timings: vi.fn(),
  reset_timings: vi.fn(),
  memory: vi.fn(),
  advice: vi.fn(),
  apply: vi.fn(),
  free_memory: vi.fn(),
  caches: vi.fn(),
  clear_cache: vi.fn(),
  unload_model: vi.fn(),
}));
vi.mock('../src/api/system_server', () => ({ system_server: routes, kSystemEvents: '/api/system/events' }));

const { advice_groups } = await import('../src/state/advice_groups');
const { holders_of } = await import('../src/state/memory_view');
const { alert_subject, fresh_alerts } = await import('../src/state/system_alerts');
const { outcome_of } = await import('../src/state/system_outcome');
const { SystemPage } = await import('../src/state/system_page.svelte');
const { advice_title, alert_text, evidence_rows, in_order, origin_text } = await import('../src/components/system_labels');

function make_alert(change: Partial<Alert> = {}): Alert {
  const since = '2026-05-04T12:00:00Z';
  return { id: 'memory', kind: 'memory', since, value: 91.3, limit: 85, message: 'Memory.', ...change };
}

function make_advice(change: Partial<Recommendation> = {}): Recommendation {
  return {
    id: 'free-memory',
    group: 'memory',
    severity: 'info',
    title: 'Free memory now',
    reason: 'Models are in memory that no job uses.',
    evidence: {},
    setting: null,
    can_apply: true,
    ...change,
  };
}

function make_answer(change: Partial<Optimized> = {}): Optimized {
  return {
    done: ['Memory was cleaned: 150MB freed.'],
    refused: [],
    freed_bytes: 150_000_000,
    freed: [],
    memory_percent_before: 88,
    memory_percent_after: 71,
    ...change,
  };
}

function make_event(alerts: Alert[], memory_releases = 0): SystemEvent {
  const resources = { at: '2026-05-04T12:00:00Z', gpus: [] } as unknown as SystemEvent['resources'];
  return {
    resources,
    memory_level: 'normal',
    memory_releases,
    jobs: { total: 3, active: 0 },
    workers: { limit: 2, active: 0, waiting: 0, completed: 0, efficiency: 0, reasons: [] },
    alerts,
  };
}

beforeEach(() => {
  Object.values(routes).forEach((route) => route.mockReset());
  vi.stubGlobal('window', globalThis);
  routes.history.mockResolvedValue({ begin: '', end: '', step_s: 10, columns: [], points: [], marks: [] });
  routes.timings.mockResolvedValue({ stages: [] });
  routes.advice.mockResolvedValue({ recommendations: [], analysis: {} });
  routes.caches.mockResolvedValue([]);
});

describe('fresh_alerts', () => {
  it('are those that were not there, or are there again', () => {
    const memory = make_alert();
    expect(fresh_alerts(null, [memory])).toEqual([]);
    expect(fresh_alerts([], [memory])).toEqual([memory]);
    expect(fresh_alerts([memory], [{ ...memory, value: 95 }])).toEqual([]);
    const again = make_alert({ since: '2026-05-04T13:00:00Z' });
    expect(fresh_alerts([memory], [again])).toEqual([again]);
  });
});

describe('what the page calls things', () => {
  it('says what an alert is about, in its unit', () => {
    expect(alert_text(make_alert())).toBe('Memory use is 91%, above 85%.');
    const stage = make_alert({ id: 'stage:transcribe', kind: 'stage', value: 61, limit: 30 });
    expect(alert_text(stage)).toBe('“Transcribing” took 61 sec, more than 30 sec.');
    const gpu = make_alert({ id: 'gpu1_memory', kind: 'gpu_memory' });
    expect(alert_subject(gpu.id)).toBe('1');
    const later = make_alert({ kind: 'heat' as Alert['kind'], message: 'It is hot.' });
    expect(alert_text(later)).toBe('It is hot.');
  });

  it('takes the words of the server for advice that it does not know', () => {
    expect(advice_title(make_advice())).toEqual({ text: 'Free memory now', own: true });
    expect(advice_title(make_advice({ id: 'new', title: 'Do it.' }))).toEqual({ text: 'Do it.', own: false });
    const plan = make_advice({ id: 'follow-worker-plan', evidence: { workers: 2, optimal_workers: 6 } });
    expect(advice_title(plan).text).toBe('Run 6 stage tasks at once');
  });

  it('gives evidence its names and units', () => {
    expect(evidence_rows({ memory_percent: 88.2, idle_model_mb: 150, efficiency: 0.31, odd: 7 })).toEqual([
      { name: 'Memory in use', value: '88%' },
      { name: 'Models that no job uses', value: '150 MB' },
      { name: 'Workers busy', value: '31%' },
      { name: 'odd', value: '7' },
    ]);
  });

  it('has stages in the order of a job', () => {
    const stages = ['job', 'align', 'write', 'receive'].map((stage) => ({ stage }));
    expect(in_order(stages).map(({ stage }) => stage)).toEqual(['receive', 'write', 'align', 'job']);
  });

  it('names where a setting comes from', () => {
    expect(origin_text('environment VOXLATE_WORKERS')).toBe('Environment VOXLATE_WORKERS');
    expect(origin_text('default')).toBe('Default');
    expect(origin_text('elsewhere')).toBe('elsewhere');
  });
});

describe('advice_groups', () => {
  it('are always four, each in the order in which its advice came', () => {
    const advice = [make_advice({ id: 'b', group: 'cpu' }), make_advice({ id: 'a', group: 'cpu' })];
    const groups = advice_groups(advice);
    expect(groups.map(({ group }) => group)).toEqual(['memory', 'cpu', 'cache', 'threading']);
    expect(groups[1]!.advice.map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

describe('holders_of', () => {
  it('has the largest first and the rest last', () => {
    const holders = [
      { name: 'database', bytes: 10, created: 0, freed: 0 },
      { name: 'recogniser models', bytes: 60, created: 0, freed: 0 },
    ];
    const view = holders_of({ holders, process_bytes: 100, other_bytes: 30 });
    expect(view.map(({ name, share }) => [name, share])).toEqual([
      ['recogniser models', 0.6],
      ['database', 0.1],
      ['', 0.3],
    ]);
    expect(holders_of({ holders, process_bytes: 0, other_bytes: 0 })[0]!.share).toBe(0);
  });
});

describe('outcome_of', () => {
  it('says by figures what was cleaned, and what was refused in the words of the server', () => {
    const cleaned = outcome_of(make_answer(), true);
    expect(cleaned).toEqual({ freed_bytes: 150_000_000, from_percent: 88, to_percent: 71, done: [], refused: [] });
    const refused = make_answer({ done: [], freed_bytes: 0, refused: [{ id: 'free-memory', why: 'Not now.' }] });
    expect(outcome_of(refused, true)).toEqual({ done: [], refused: ['Not now.'] });
    const tasks = make_answer({ done: ['6 stage tasks run at once.'], freed_bytes: 0 });
    expect(outcome_of(tasks, false)).toEqual({ done: ['6 stage tasks run at once.'], refused: [] });
  });
});

describe('SystemPage', () => {
  it('speaks of new alerts only, and then looks for advice', () => {
    const heard: string[][] = [];
    const page = new SystemPage((alerts) => heard.push(alerts.map(({ id }) => id)));
    page.take(make_event([make_alert()]));
    expect(heard).toEqual([]);
    expect(page.alerts).toHaveLength(1);
    expect(routes.advice).not.toHaveBeenCalled();
    page.take(make_event([make_alert(), make_alert({ id: 'cpu', kind: 'cpu' })]));
    page.take(make_event([make_alert(), make_alert({ id: 'cpu', kind: 'cpu' })]));
    expect(heard).toEqual([['cpu']]);
    expect(routes.advice).toHaveBeenCalledTimes(1);
  });

  it('reads the history again after a clean-up, for its mark', () => {
    const page = new SystemPage(() => undefined);
    page.take(make_event([], 3));
    expect(routes.history).not.toHaveBeenCalled();
    page.take(make_event([], 4));
    expect(routes.history).toHaveBeenCalledWith('15m');
  });

  it('shows the range that was chosen last, whatever is answered last', async () => {
    const page = new SystemPage(() => undefined);
    const answers: ((step_s: number) => void)[] = [];
    routes.history.mockImplementation(
      () => new Promise((resolve) => answers.push((step_s) => resolve({ step_s, columns: [], points: [], marks: [] }))),
    );
    page.choose('6h');
    page.choose('7d');
    answers[1]!(900);
    answers[0]!(30);
    await vi.waitFor(() => expect(page.stretch?.step_s).toBe(900));
    await Promise.resolve();
    expect(page.stretch?.step_s).toBe(900);
  });

  it('tells what a wish came to, and where it was made', async () => {
    const page = new SystemPage(() => undefined);
    routes.apply.mockResolvedValue(make_answer());
    await page.apply(make_advice());
    expect(page.outcome).toMatchObject({ place: 'advice free-memory', freed_bytes: 150_000_000, to_percent: 71 });
    expect(routes.memory).toHaveBeenCalled();
    expect(page.busy).toBe('');
    routes.clear_cache.mockResolvedValue({ freed_bytes: 12 });
    await page.clear_cache({ name: 'results' } as Cache);
    expect(page.outcome).toEqual({ place: 'cache results', freed_bytes: 12 });
  });

  it('says why a wish failed, and claims nothing', async () => {
    const page = new SystemPage(() => undefined);
    routes.free_memory.mockRejectedValue(new RequestError(500, 'internal', 'It broke.'));
    await page.free_memory();
    expect(page.outcome).toBeNull();
    expect(page.refusal?.detail).toBe('It broke.');
    expect(page.busy).toBe('');
  });

  it('shows the rest when one part cannot be read', async () => {
    const page = new SystemPage(() => undefined);
    routes.caches.mockRejectedValue(new RequestError(404, 'not_found', 'No such route.'));
    routes.unload_model.mockResolvedValue({});
    await page.unload('base');
    expect(page.caches).toBeNull();
    expect(page.advice).toEqual([]);
    expect(page.trouble?.detail).toBe('No such route.');
    expect(page.outcome).toEqual({ place: 'model base', unloaded: 'base' });
    routes.caches.mockResolvedValue([]);
    await page.unload('base');
    expect(page.trouble).toBeNull();
  });
});
