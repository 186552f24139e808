const kUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

interface Scaled {
  value: number;
  unit: (typeof kUnits)[number];
}

function scale(bytes: number): Scaled {
  let value = Math.max(0, bytes);
  let step = 0;
  while (value >= 999.5 && step < kUnits.length - 1) {
    value /= 1000;
    step += 1;
  }
  return { value, unit: kUnits[step]! };
}

function write(bytes: number, locale: string, suffix: '' | '-per-second'): string {
  const { value, unit } = scale(bytes);
  const digits = value < 10 && unit !== 'byte' ? 1 : 0;
  const options = { style: 'unit', unit: unit + suffix, unitDisplay: 'short', maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(locale, options).format(value);
}

/** `1.4 GB`, in the words and digits of `locale`; decimal units. */
export function file_size(bytes: number, locale: string): string {
  return write(bytes, locale, '');
}

/** `3.2 MB/s`. */
export function transfer_speed(bytes_per_second: number, locale: string): string {
  return write(bytes_per_second, locale, '-per-second');
}
