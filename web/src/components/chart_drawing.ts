import uPlot from 'uplot';
import type { Unit } from '../text/figure';
import { figure_text } from '../text/figure';

export interface ChartLine {
  value: number;
  label: string;
}

/** What is drawn over the figures: a line that something happens at, and the times at which it did. */
export interface ChartOverlay {
  line: ChartLine | null;
  marks_s: readonly number[];
}

export interface ChartLook {
  unit: Unit;
  series: number;
  locale: () => string;
  overlay: () => ChartOverlay;
  on_cursor: (index: number | null) => void;
}

export const kChartHeight = 152;
const kAxisFont = '12px system-ui, sans-serif';
const kDash = [5, 4];
const kLabelHalfPx = 24;
const kDayS = 86_400;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Percent from 0 to 100; everything else from 0 to a little above its highest. */
function value_range(unit: Unit): uPlot.Scale.Range {
  if (unit === 'percent') return [0, 100];
  const least = unit === 'count' ? 4 : 1000;
  return (_, __, highest) => [0, Math.max(least, (highest ?? 0) * 1.1)];
}

function time_text(locale: string, step_s: number): (at_s: number) => string {
  const options: Intl.DateTimeFormatOptions =
    step_s >= kDayS ? { weekday: 'short', day: 'numeric' } : { hour: 'numeric', minute: '2-digit' };
  const format = new Intl.DateTimeFormat(locale, options);
  return (at_s) => format.format(at_s * 1000);
}

/** None so near to an end that it would be cut, or stand on the value at the corner. */
function time_labels(chart: uPlot, at_s: number[], text: (at_s: number) => string): (string | null)[] {
  const width = chart.bbox.width / devicePixelRatio;
  return at_s.map((time_s) => {
    const x = chart.valToPos(time_s, 'x');
    return x < kLabelHalfPx || x > width - kLabelHalfPx ? null : text(time_s);
  });
}

function draw_overlay(chart: uPlot, { line, marks_s }: ChartOverlay): void {
  const { ctx, bbox } = chart;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = unit;
  ctx.strokeStyle = colour('--bad');
  ctx.fillStyle = colour('--bad');
  if (line) {
    const y = chart.valToPos(line.value, 'y', true);
    ctx.setLineDash([2 * unit, 3 * unit]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = `${11 * unit}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'top';
    ctx.fillText(line.label, bbox.left + 4 * unit, y + 3 * unit);
  }
  ctx.strokeStyle = colour('--accent-strong');
  ctx.fillStyle = colour('--accent-strong');
  for (const at_s of marks_s) {
    const x = chart.valToPos(at_s, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x - 5 * unit, bbox.top);
    ctx.lineTo(x + 5 * unit, bbox.top);
    ctx.lineTo(x, bbox.top + 8 * unit);
    ctx.fill();
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function axis(): uPlot.Axis {
  return {
    stroke: () => colour('--ink-soft'),
    font: kAxisFont,
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
  };
}

function line_of(index: number): uPlot.Series {
  const name = index === 0 ? '--accent' : '--ink-soft';
  return {
    stroke: () => colour(name),
    width: 1.5,
    ...(index === 0 ? { fill: () => `${colour(name)}1f` } : { dash: kDash }),
    points: { show: false },
  };
}

/** A chart in the colours of the page, without legend; time is on its x axis. */
export function make_chart(place: HTMLElement, width: number, data: uPlot.AlignedData, look: ChartLook): uPlot {
  const locale = look.locale;
  return new uPlot(
    {
      width,
      height: kChartHeight,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { time: true, auto: false }, y: { range: value_range(look.unit) } },
      axes: [
        {
          ...axis(),
          size: 28,
          space: 72,
          values: (chart, splits, __, ___, step_s) => time_labels(chart, splits, time_text(locale(), step_s)),
        },
        {
          ...axis(),
          size: 68,
          space: 36,
          gap: 4,
          ...(look.unit === 'count' ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] } : {}),
          values: (_, splits) => splits.map((value) => figure_text(value, look.unit, locale())),
        },
      ],
      series: [{}, ...Array.from({ length: look.series }, (_, index) => line_of(index))],
      hooks: {
        draw: [(chart) => draw_overlay(chart, look.overlay())],
        setCursor: [(chart) => look.on_cursor(chart.cursor.idx ?? null)],
      },
    },
    data,
    place,
  );
}
