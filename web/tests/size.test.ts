import { describe, expect, it } from 'vitest';
import { file_size, transfer_speed } from '../src/text/size';

describe('file_size', () => {
  it('uses decimal units with one digit below ten', () => {
    expect(file_size(1_440_000_000, 'en')).toBe('1.4 GB');
    expect(file_size(52_400_000, 'en')).toBe('52 MB');
    expect(file_size(999, 'en')).toBe('999 byte');
  });

  it('does not show a thousand of a unit', () => {
    expect(file_size(999_900, 'en')).toBe('1 MB');
  });

  it('speaks the language of the page', () => {
    expect(file_size(1_440_000_000, 'ru')).toBe('1,4 ГБ');
  });
});

describe('transfer_speed', () => {
  it('is a size per second', () => {
    expect(transfer_speed(3_200_000, 'en')).toBe('3.2 MB/s');
  });
});
