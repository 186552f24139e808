import { describe, expect, it } from 'vitest';
import { TransferRate } from '../src/text/transfer_rate';

describe('TransferRate', () => {
  it('says nothing before it can know', () => {
    const rate = new TransferRate();
    rate.add(0, 0);
    rate.add(100, 5000);
    expect(rate.speed()).toBeNull();
    expect(rate.seconds_left(10_000)).toBeNull();
  });

  it('measures over the last seconds only', () => {
    const rate = new TransferRate();
    rate.add(0, 0);
    for (let second = 1; second <= 10; second += 1) rate.add(second * 1000, second * 1_000_000);
    for (let second = 11; second <= 20; second += 1) rate.add(second * 1000, 10_000_000 + (second - 10) * 3_000_000);
    expect(rate.speed()).toBeCloseTo(3_000_000);
    expect(rate.seconds_left(43_000_000)).toBeCloseTo(1);
  });

  it('forgets what was before a pause', () => {
    const rate = new TransferRate();
    rate.add(0, 0);
    rate.add(1000, 1_000_000);
    rate.restart();
    expect(rate.speed()).toBeNull();
    rate.add(60_000, 1_000_000);
    rate.add(61_000, 3_000_000);
    expect(rate.speed()).toBeCloseTo(2_000_000);
  });

  it('promises nothing while the transfer stands still', () => {
    const rate = new TransferRate();
    rate.add(0, 4000);
    rate.add(3000, 4000);
    expect(rate.seconds_left(9000)).toBeNull();
  });
});
