import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, type ServerEvent } from '../src/api/event_stream';
import { make_job } from './job_fixture';

class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  tell(kind: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
  }
}

function listen() {
  const heard: ServerEvent[][] = [];
  const log: string[] = [];
  const stream = new EventStream('/api/events', {
    on_events: (events) => heard.push(events),
    on_open: (again) => log.push(again ? 'again' : 'open'),
    on_lost: (refused) => log.push(refused ? 'refused' : 'lost'),
  });
  return { heard, log, stream };
}

describe('EventStream', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSource.made = [];
    vi.stubGlobal('EventSource', FakeSource);
    vi.stubGlobal('window', globalThis);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('gathers a burst into one update, in order', () => {
    const { heard } = listen();
    const source = FakeSource.made[0]!;
    source.tell('job', make_job({ id: 'one' }));
    source.tell('segments', { job_id: 'one', begin_ms: 0, end_ms: 1, segments: [] });
    source.tell('deleted', { id: 'two' });
    expect(heard).toEqual([]);
    vi.runAllTimers();
    expect(heard.map((events) => events.map(({ kind }) => kind))).toEqual([['job', 'segments', 'deleted']]);
  });

  it('leaves a broken connection to the browser and tells when it is back', () => {
    const { log } = listen();
    const source = FakeSource.made[0]!;
    source.onopen?.();
    source.readyState = 0;
    source.onerror?.();
    source.onopen?.();
    expect(log).toEqual(['open', 'lost', 'again']);
    expect(FakeSource.made).toHaveLength(1);
  });

  it('connects anew with growing pauses when the browser has given up', () => {
    const { log } = listen();
    for (const pause_ms of [2000, 4000, 8000]) {
      const source = FakeSource.made.at(-1)!;
      source.readyState = FakeSource.CLOSED;
      source.onerror?.();
      expect(log.at(-1)).toBe('refused');
      const before = FakeSource.made.length;
      vi.advanceTimersByTime(pause_ms - 1);
      expect(FakeSource.made).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSource.made).toHaveLength(before + 1);
    }
    FakeSource.made.at(-1)!.onopen?.();
    expect(log.at(-1)).toBe('again');
  });

  it('is silent after close', () => {
    const { heard, stream } = listen();
    FakeSource.made[0]!.tell('deleted', { id: 'x' });
    stream.close();
    vi.runAllTimers();
    expect(heard).toEqual([]);
    expect(FakeSource.made).toHaveLength(1);
  });
});
