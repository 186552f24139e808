import { describe, expect, it } from 'vitest';
import { clock, time_left } from '../src/text/clock';

describe('clock', () => {
  it('writes minutes and seconds as a player does', () => {
    expect(clock(0)).toBe('0:00');
    expect(clock(7.9)).toBe('0:07');
    expect(clock(760)).toBe('12:40');
  });

  it('adds hours only when there are any', () => {
    expect(clock(3599)).toBe('59:59');
    expect(clock(3723)).toBe('1:02:03');
  });

  it('takes what is no time as zero', () => {
    expect(clock(-4)).toBe('0:00');
    expect(clock(Number.NaN)).toBe('0:00');
  });
});

describe('time_left', () => {
  it('is never less than a second', () => {
    expect(time_left(0)).toBe('0:01');
  });

  it('gets coarser with length', () => {
    expect(time_left(9.2)).toBe('0:10');
    expect(time_left(97)).toBe('1:40');
    expect(time_left(301)).toBe('5:10');
    expect(time_left(3601)).toBe('1:01:00');
  });
});
