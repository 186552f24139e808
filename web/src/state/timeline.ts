import type { RangeName } from '../api/system_server';
import type { History, SystemEvent } from '../api/types';

/** The figures that charts show, by their names in the history. */
export const kFigures = [
  'cpu_percent',
  'process_cpu_percent',
  'memory_percent',
  'gpu_load_percent',
  'gpu_memory_percent',
  'disk_read_bytes_per_s',
  'disk_written_bytes_per_s',
  'network_received_bytes_per_s',
  'network_sent_bytes_per_s',
  'jobs_queued',
  'jobs_running',
] as const;

export type Figure = (typeof kFigures)[number];
/** Null is not known. */
export type Figures = Record<Figure, number | null>;

export const kRangeSeconds: Record<RangeName, number> = { '15m': 900, '6h': 21_600, '7d': 604_800 };

/** A stretch of time, or one look: where it begins in seconds since 1970, the mean of its figures and their highest. */
export interface TimePoint {
  at_s: number;
  samples: number;
  mean: Figures;
  peak: Figures;
}

export interface TimeMark {
  at_s: number;
  kind: string;
  text: string;
}

export interface Stretch {
  points: TimePoint[];
  marks: TimeMark[];
  step_s: number;
}

/** Points further apart than so many steps have nothing known between them. */
const kGapSteps = 2.5;
/** Points of at most so many seconds are short enough that each look can stand beside them. */
const kFineStepS = 10;

function seconds_of(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}

function figures_of(columns: readonly string[], values: readonly (number | null)[]): Figures {
  const entries = kFigures.map((figure) => [figure, values[columns.indexOf(figure)] ?? null]);
  return Object.fromEntries(entries) as Figures;
}

export function stretch_of(history: History): Stretch {
  const points = history.points.map((point) => ({
    at_s: seconds_of(point.at),
    samples: point.samples,
    mean: figures_of(history.columns, point.mean),
    peak: figures_of(history.columns, point.peak),
  }));
  const marks = history.marks.map(({ at, kind, text }) => ({ at_s: seconds_of(at), kind, text }));
  return { points, marks, step_s: history.step_s };
}

type Resources = SystemEvent['resources'];

function gpu_figures(gpus: Resources['gpus']): Pick<Figures, 'gpu_load_percent' | 'gpu_memory_percent'> {
  const loads = gpus.map((gpu) => gpu.load_percent).filter((load) => load !== null);
  const total = gpus.reduce((sum, gpu) => sum + gpu.memory_total_bytes, 0);
  const used = gpus.reduce((sum, gpu) => sum + gpu.memory_used_bytes, 0);
  return {
    gpu_load_percent: loads.length > 0 ? Math.max(...loads) : null,
    gpu_memory_percent: total > 0 ? (100 * used) / total : null,
  };
}

/** One look at the machine as a point. Of several GPUs it is the load of the busiest and the memory of all, as in the history. */
export function point_of(resources: Resources): TimePoint {
  const { cpu_percent, process_cpu_percent, jobs_queued, jobs_running } = resources;
  const figures: Figures = {
    cpu_percent,
    process_cpu_percent,
    memory_percent: resources.memory_total_bytes > 0 ? resources.memory_percent : null,
    ...gpu_figures(resources.gpus),
    disk_read_bytes_per_s: resources.disk_read_bytes_per_s,
    disk_written_bytes_per_s: resources.disk_written_bytes_per_s,
    network_received_bytes_per_s: resources.network_received_bytes_per_s,
    network_sent_bytes_per_s: resources.network_sent_bytes_per_s,
    jobs_queued,
    jobs_running,
  };
  return { at_s: seconds_of(resources.at), samples: 1, mean: figures, peak: figures };
}

function combine(a: Figures, b: Figures, of_both: (x: number, y: number) => number): Figures {
  const entries = kFigures.map((figure) => {
    const x = a[figure];
    const y = b[figure];
    return [figure, x === null ? y : y === null ? x : of_both(x, y)];
  });
  return Object.fromEntries(entries) as Figures;
}

/** The point with one more look in it. */
function joined(point: TimePoint, look: TimePoint): TimePoint {
  const samples = point.samples + look.samples;
  return {
    at_s: point.at_s,
    samples,
    mean: combine(point.mean, look.mean, (mean, value) => mean + ((value - mean) * look.samples) / samples),
    peak: combine(point.peak, look.peak, Math.max),
  };
}

/**
 * The stretch with one more look, and without what is older than the range. Over fine steps the look is a point of its
 * own; over longer ones it becomes part of the step that it lies in. One that is older than the last point is dropped:
 * the history knew it already.
 */
export function with_look(stretch: Stretch, look: TimePoint, range: RangeName): Stretch {
  const last = stretch.points.at(-1);
  if (last && look.at_s <= last.at_s) return stretch;
  const begin_s = look.at_s - kRangeSeconds[range];
  const marks = stretch.marks.filter((mark) => mark.at_s >= begin_s);
  const kept = stretch.points.filter((point) => point.at_s >= begin_s);
  if (stretch.step_s <= kFineStepS) return { ...stretch, marks, points: [...kept, look] };
  const step_at_s = Math.floor(look.at_s / stretch.step_s) * stretch.step_s;
  const open = kept.at(-1);
  const points =
    open && open.at_s >= step_at_s
      ? [...kept.slice(0, -1), joined(open, look)]
      : [...kept, { ...look, at_s: step_at_s }];
  return { ...stretch, marks, points };
}

/** Times and figures in columns, as they are drawn; a null stands where nothing was known for a while. */
export function columns_of(stretch: Stretch, figures: readonly Figure[]): [number[], ...(number | null)[][]] {
  const times: number[] = [];
  const columns: (number | null)[][] = figures.map(() => []);
  for (const point of stretch.points) {
    const before_s = times.at(-1);
    if (before_s !== undefined && point.at_s - before_s > kGapSteps * stretch.step_s) {
      times.push(before_s + stretch.step_s);
      for (const column of columns) column.push(null);
    }
    times.push(point.at_s);
    figures.forEach((figure, i) => columns[i]!.push(point.mean[figure]));
  }
  return [times, ...columns];
}

export interface Summary {
  mean: number | null;
  highest: number | null;
}

/** What a stretch comes to; null where nothing is known. */
export function summary_of(stretch: Stretch, figure: Figure): Summary {
  let sum = 0;
  let samples = 0;
  let highest: number | null = null;
  for (const { mean, peak, samples: count } of stretch.points) {
    const value = mean[figure];
    if (value === null) continue;
    sum += value * count;
    samples += count;
    highest = Math.max(highest ?? -Infinity, peak[figure] ?? value);
  }
  return { mean: samples > 0 ? sum / samples : null, highest };
}

/** Whether anything at all is known of a figure. */
export function knows(stretch: Stretch, figure: Figure): boolean {
  return stretch.points.some((point) => point.mean[figure] !== null);
}
