interface Sample {
  at_ms: number;
  bytes: number;
}

const kWindowMs = 6000;
const kSettledMs = 800;

/** Speed of a transfer over its last six seconds. `now_ms` may be any clock that does not go back. */
export class TransferRate {
  private samples: Sample[] = [];

  add(now_ms: number, bytes: number): void {
    this.samples.push({ at_ms: now_ms, bytes });
    while (this.samples.length > 2 && now_ms - this.samples[0]!.at_ms > kWindowMs) this.samples.shift();
  }

  /** Forgets what was before a pause. */
  restart(): void {
    this.samples = [];
  }

  /** Bytes per second; null until enough time has passed to say so. */
  speed(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at_ms - first.at_ms < kSettledMs) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at_ms - first.at_ms);
  }

  /** Seconds until `total` bytes are there; null when not known. */
  seconds_left(total: number): number | null {
    const speed = this.speed();
    const done = this.samples.at(-1)?.bytes ?? 0;
    return speed === null || speed <= 0 ? null : Math.max(0, total - done) / speed;
  }
}
