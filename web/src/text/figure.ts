import { file_size, transfer_speed } from './size';

export type Unit = 'percent' | 'bytes_per_s' | 'bytes' | 'seconds' | 'count';

/** What stands for a figure that is not known: never a zero. */
export const kUnknown = '–';

function number(value: number, locale: string, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(locale, options).format(value);
}

function seconds(value: number, locale: string): string {
  const short = value > 0 && value < 1;
  const options = { style: 'unit', unitDisplay: 'short', maximumSignificantDigits: short ? 2 : 3 } as const;
  return short
    ? number(value * 1000, locale, { ...options, unit: 'millisecond' })
    : number(value, locale, { ...options, unit: 'second' });
}

/** `34 %`, `1.2 MB/s`, `3.5 sec`, `12 ms`, in the words and digits of `locale`; a dash for null. */
export function figure_text(value: number | null, unit: Unit, locale: string): string {
  if (value === null || !Number.isFinite(value)) return kUnknown;
  switch (unit) {
    case 'percent':
      return number(value / 100, locale, { style: 'percent', maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 });
    case 'bytes_per_s':
      return transfer_speed(value, locale);
    case 'bytes':
      return file_size(value, locale);
    case 'seconds':
      return seconds(value, locale);
    case 'count':
      return number(value, locale, { maximumFractionDigits: Math.abs(value) < 1 ? 2 : Math.abs(value) < 10 ? 1 : 0 });
  }
}

/** `74.3 %`, for two that are compared. */
export function exact_percent(value: number, locale: string): string {
  return number(value / 100, locale, { style: 'percent', maximumFractionDigits: 1 });
}

/** How many times as fast as playback, `18`, from seconds for a second of media; null where none was worked on. */
export function speed_of(real_time_factor: number | null): number | null {
  return real_time_factor === null || real_time_factor <= 0 ? null : 1 / real_time_factor;
}

/** `0.4`, `8.5`, `120`. */
export function speed_text(speed: number | null, locale: string): string {
  if (speed === null) return kUnknown;
  return number(speed, locale, { maximumSignificantDigits: speed < 10 ? 2 : 3 });
}

/** `3 days, 4 hours` as people say it: the two largest units. */
export function duration_text(seconds: number, locale: string): string {
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const;
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const shown = seconds < 1 ? units.slice(3) : units.slice(first, first + 2);
  let rest = Math.floor(seconds);
  const parts = shown.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { unit, count };
  });
  const texts = parts
    .filter(({ count }, i) => i === 0 || count > 0)
    .map(({ unit, count }) => number(count, locale, { style: 'unit', unit, unitDisplay: 'long' }));
  return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(texts);
}
