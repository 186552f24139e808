import { describe, expect, it } from 'vitest';
import type { History, SystemEvent } from '../src/api/types';
import { columns_of, knows, point_of, stretch_of, summary_of, with_look, type Stretch } from '../src/state/timeline';

const kColumns = ['cpu_percent', 'memory_percent', 'a_later_one', 'gpu_load_percent'];
const kNoonS = Date.parse('2026-05-04T12:00:00Z') / 1000;

function at(second: number): string {
  return new Date((kNoonS + second) * 1000).toISOString();
}

/** One point for each of `cpus`, `step_s` apart from noon on. */
function history(step_s: number, cpus: (number | null)[]): History {
  return {
    begin: at(0),
    end: at(900),
    step_s,
    columns: kColumns,
    points: cpus.map((cpu, i) => ({
      at: at(i * step_s),
      samples: step_s,
      mean: [cpu, 40, 1, null],
      peak: [cpu === null ? null : cpu + 5, 50, 1, null],
    })),
    marks: [{ at: at(5), kind: 'release', text: 'high: 150MB freed' }],
  };
}

function resources(second: number, change: Partial<SystemEvent['resources']> = {}): SystemEvent['resources'] {
  return {
    at: at(second),
    cpu_percent: 30,
    process_cpu_percent: 10,
    cpu_count: 8,
    memory_percent: 60,
    memory_used_bytes: 6,
    memory_total_bytes: 10,
    process_bytes: 1,
    memory_stall_percent: null,
    io_stall_percent: null,
    disk_read_bytes_per_s: null,
    disk_written_bytes_per_s: 5,
    network_received_bytes_per_s: 0,
    network_sent_bytes_per_s: 0,
    disk_free_bytes: 1,
    disk_total_bytes: 2,
    gpus: [],
    jobs_queued: 2,
    jobs_running: 1,
    ...change,
  };
}

const times = (stretch: Stretch): number[] => stretch.points.map(({ at_s }) => at_s - kNoonS);

describe('stretch_of', () => {
  it('finds figures by their names and knows nothing of those that are not there', () => {
    const stretch = stretch_of(history(10, [20, null]));
    expect(stretch.points[0]!.mean.cpu_percent).toBe(20);
    expect(stretch.points[0]!.peak.cpu_percent).toBe(25);
    expect(stretch.points[1]!.mean.cpu_percent).toBeNull();
    expect(stretch.points[0]!.mean.jobs_running).toBeNull();
    expect(knows(stretch, 'memory_percent')).toBe(true);
    expect(knows(stretch, 'gpu_load_percent')).toBe(false);
    expect(stretch.marks).toEqual([{ at_s: kNoonS + 5, kind: 'release', text: 'high: 150MB freed' }]);
  });
});

describe('point_of', () => {
  it('keeps what is not known apart from zero', () => {
    const { mean } = point_of(resources(0));
    expect(mean.disk_read_bytes_per_s).toBeNull();
    expect(mean.network_sent_bytes_per_s).toBe(0);
    expect(mean.gpu_load_percent).toBeNull();
    expect(point_of(resources(0, { memory_total_bytes: 0, memory_percent: 0 })).mean.memory_percent).toBeNull();
  });

  it('takes the busiest of several GPUs and the memory of all', () => {
    const gpu = { index: 0, memory_total_bytes: 100, memory_used_bytes: 50, load_percent: null };
    const other = { index: 1, memory_total_bytes: 300, memory_used_bytes: 50, load_percent: 80 };
    const { mean } = point_of(resources(0, { gpus: [gpu, other] }));
    expect(mean.gpu_load_percent).toBe(80);
    expect(mean.gpu_memory_percent).toBe(25);
  });
});

describe('with_look', () => {
  it('puts each look beside fine steps, and drops those that the history knew', () => {
    const stretch = stretch_of(history(10, [20, 20]));
    expect(with_look(stretch, point_of(resources(10)), '15m')).toBe(stretch);
    const next = with_look(with_look(stretch, point_of(resources(11)), '15m'), point_of(resources(12)), '15m');
    expect(times(next)).toEqual([0, 10, 11, 12]);
  });

  it('gathers looks in longer steps: the mean weighted, the highest kept', () => {
    let stretch = stretch_of(history(30, [20]));
    stretch = with_look(stretch, point_of(resources(29, { cpu_percent: 51 })), '6h');
    expect(times(stretch)).toEqual([0]);
    expect(stretch.points[0]!.mean.cpu_percent).toBe(21);
    expect(stretch.points[0]!.peak.cpu_percent).toBe(51);
    expect(stretch.points[0]!.mean.jobs_running).toBe(1);
    stretch = with_look(stretch, point_of(resources(61)), '6h');
    expect(times(stretch)).toEqual([0, 60]);
    expect(stretch.points[1]!.samples).toBe(1);
  });

  it('forgets what is older than the range, marks as well', () => {
    const stretch = stretch_of(history(10, [20, 20]));
    const later = with_look(stretch, point_of(resources(906)), '15m');
    expect(times(later)).toEqual([10, 906]);
    expect(later.marks).toEqual([]);
    expect(with_look(stretch, point_of(resources(906)), '6h').marks).toHaveLength(1);
  });
});

describe('columns_of', () => {
  it('breaks the line where nothing was known for a while, and only there', () => {
    const stretch = with_look(stretch_of(history(10, [20, 30])), point_of(resources(100)), '15m');
    const [when, cpu] = columns_of(stretch, ['cpu_percent']);
    expect(when.map((at_s) => at_s - kNoonS)).toEqual([0, 10, 20, 100]);
    expect(cpu).toEqual([20, 30, null, 30]);
  });

  it('has nothing of an empty history', () => {
    expect(columns_of(stretch_of(history(10, [])), ['cpu_percent', 'jobs_queued'])).toEqual([[], [], []]);
  });
});

describe('summary_of', () => {
  it('weighs points by their looks and takes the highest peak', () => {
    const stretch = with_look(stretch_of(history(10, [20, null])), point_of(resources(20, { cpu_percent: 31 })), '15m');
    expect(summary_of(stretch, 'cpu_percent')).toEqual({ mean: 21, highest: 31 });
  });

  it('knows nothing where there is nothing', () => {
    expect(summary_of(stretch_of(history(10, [null])), 'cpu_percent')).toEqual({ mean: null, highest: null });
  });
});
