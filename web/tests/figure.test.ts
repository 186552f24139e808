import { describe, expect, it } from 'vitest';
import { duration_text, exact_percent, figure_text, speed_of, speed_text } from '../src/text/figure';

const plain = (text: string): string => text.replace(/\s/g, ' ');

describe('figure_text', () => {
  it('writes a dash for what is not known, and a zero for zero', () => {
    for (const unit of ['percent', 'bytes', 'bytes_per_s', 'seconds', 'count'] as const) {
      expect(figure_text(null, unit, 'en')).toBe('–');
      expect(figure_text(NaN, unit, 'en')).toBe('–');
      expect(figure_text(0, unit, 'en')).toMatch(/^0/);
    }
  });

  it('is as fine as the figure deserves', () => {
    expect(figure_text(34.4, 'percent', 'en')).toBe('34%');
    expect(figure_text(0.43, 'percent', 'en')).toBe('0.4%');
    expect(exact_percent(74.31, 'en')).toBe('74.3%');
    expect(figure_text(4_689_326, 'bytes_per_s', 'en')).toBe('4.7 MB/s');
    expect(figure_text(0.0414, 'seconds', 'en')).toBe('41 ms');
    expect(figure_text(12.345, 'seconds', 'en')).toBe('12.3 sec');
    expect(figure_text(0.034, 'count', 'en')).toBe('0.03');
    expect(figure_text(1234.5, 'count', 'en')).toBe('1,235');
  });

  it('speaks the language of the page', () => {
    expect(plain(figure_text(34, 'percent', 'ru'))).toBe('34 %');
    expect(plain(figure_text(1.5, 'seconds', 'ru'))).toBe('1,5 с');
  });
});

describe('speed', () => {
  it('is how many times as fast as playback', () => {
    expect(speed_of(0.05)).toBe(20);
    expect(speed_text(speed_of(0.05), 'en')).toBe('20');
    expect(speed_text(speed_of(2.2), 'en')).toBe('0.45');
  });

  it('is not known where no media was worked on', () => {
    expect(speed_of(null)).toBeNull();
    expect(speed_of(0)).toBeNull();
    expect(speed_text(null, 'en')).toBe('–');
  });
});

describe('duration_text', () => {
  it('has the two largest units and no zero after the first', () => {
    expect(duration_text(0.4, 'en')).toBe('0 seconds');
    expect(duration_text(59, 'en')).toBe('59 seconds');
    expect(duration_text(3600, 'en')).toBe('1 hour');
    expect(duration_text(93_784, 'en')).toBe('1 day 2 hours');
  });
});
