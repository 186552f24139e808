import { kSystemEvents, system_server, type RangeName } from '../api/system_server';
import type {
  Alert,
  Cache,
  MemoryProfile,
  Performance,
  Recommendation,
  StageTiming,
  SystemEvent,
  SystemStatus,
} from '../api/types';
import { connection } from './connection.svelte';
import { refusal_of, type Refusal } from './refusal';
import { fresh_alerts } from './system_alerts';
import { outcome_of, type Outcome } from './system_outcome';
import { point_of, stretch_of, with_look, type Stretch, type TimePoint } from './timeline';

/** How often what does not come by itself is asked for. */
const kLookEveryMs = 5000;
const kFreeMemoryAdvice = 'free-memory';

/** What the page of the system shows: figures over time that go on by events, and what is asked for now and then. */
export class SystemPage {
  range = $state<RangeName>('15m');
  stretch = $state.raw<Stretch | null>(null);
  /** The last look; null before the first one. */
  look = $state.raw<TimePoint | null>(null);
  event = $state.raw<SystemEvent | null>(null);
  status = $state.raw<SystemStatus | null>(null);
  memory = $state.raw<MemoryProfile | null>(null);
  stages = $state.raw<StageTiming[] | null>(null);
  advice = $state.raw<Recommendation[] | null>(null);
  caches = $state.raw<Cache[] | null>(null);
  performance = $state.raw<Performance | null>(null);
  /** Why the last wish failed. */
  refusal = $state.raw<Refusal | null>(null);
  /** Why a part could not be read when it was tried last. */
  trouble = $state.raw<Refusal | null>(null);
  /** What the last wish came to, and where it was made. */
  outcome = $state.raw<Outcome | null>(null);
  /** The wish under way, by its name; '' without one. Another one is not taken meanwhile: buttons keep the focus. */
  busy = $state('');
  private timer = 0;
  private question = 0;
  private releases = -1;

  constructor(private readonly on_new_alerts: (alerts: Alert[]) => void) {}

  get alerts(): Alert[] | null {
    return this.event?.alerts ?? this.status?.alerts ?? null;
  }

  /** Loads and follows the figures; the returned function stops that. */
  follow(): () => void {
    void this.load_history();
    void this.read(async () => {
      this.performance = await system_server.performance();
    });
    this.look_again();
    const on_event = (data: string): void => this.take(JSON.parse(data) as SystemEvent);
    const stop = connection.listen_plainly(kSystemEvents, 'system', on_event, (again) => {
      if (again) void this.load_history();
    });
    return () => {
      clearTimeout(this.timer);
      this.timer = -1;
      stop();
    };
  }

  choose(range: RangeName): void {
    if (range === this.range) return;
    this.range = range;
    void this.load_history();
  }

  /** Takes in what the server tells each second. */
  take(event: SystemEvent): void {
    const fresh = fresh_alerts(this.event?.alerts ?? null, event.alerts);
    const changed = fresh.length > 0 || (this.releases >= 0 && event.memory_releases !== this.releases);
    this.releases = event.memory_releases;
    this.event = event;
    this.look = point_of(event.resources);
    if (this.stretch) this.stretch = with_look(this.stretch, this.look, this.range);
    if (fresh.length > 0) this.on_new_alerts(fresh);
    if (!changed) return;
    // A clean-up and an alert are marks in the charts, and may be why there is new advice.
    void this.load_history();
    this.look_again();
  }

  apply = (one: Recommendation): Promise<void> =>
    this.wish(`advice ${one.id}`, async () => outcome_of(await system_server.apply(one.id), one.id === kFreeMemoryAdvice));
  free_memory = (): Promise<void> => this.wish('memory', async () => outcome_of(await system_server.free_memory(), true));
  clear_cache = (cache: Cache): Promise<void> =>
    this.wish(`cache ${cache.name}`, async () => ({
      freed_bytes: (await system_server.clear_cache(cache.name)).freed_bytes,
    }));
  unload = (id: string): Promise<void> =>
    this.wish(`model ${id}`, async () => {
      await system_server.unload_model(id);
      return { unloaded: id };
    });
  reset_timings = (): Promise<void> =>
    this.wish('timings', async () => {
      await system_server.reset_timings();
      return {};
    });

  private async load_history(): Promise<void> {
    const question = (this.question += 1);
    const range = this.range;
    const trouble = await this.read(async () => {
      const stretch = stretch_of(await system_server.history(range));
      if (question !== this.question) return;
      this.stretch = this.look ? with_look(stretch, this.look, range) : stretch;
    });
    if (trouble && question === this.question) this.trouble = trouble;
  }

  private look_again(): void {
    if (this.timer < 0) return;
    clearTimeout(this.timer);
    void this.read_all().then(() => {
      if (this.timer < 0) return;
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.look_again(), kLookEveryMs);
    });
  }

  private async read_all(): Promise<void> {
    const found = await Promise.all([
      this.read(async () => (this.status = await system_server.status())),
      this.read(async () => (this.memory = await system_server.memory())),
      this.read(async () => (this.stages = (await system_server.timings()).stages)),
      this.read(async () => (this.advice = (await system_server.advice()).recommendations)),
      this.read(async () => (this.caches = await system_server.caches())),
    ]);
    this.trouble = found.find((trouble) => trouble !== null) ?? null;
  }

  /** A server that does not answer is the banner's business. */
  private async read(question: () => Promise<unknown>): Promise<Refusal | null> {
    try {
      await question();
      return null;
    } catch (error) {
      const refusal = refusal_of(error);
      return refusal.text === 'connection.unreachable' ? null : refusal;
    }
  }

  private async wish(place: string, action: () => Promise<Omit<Outcome, 'place'>>): Promise<void> {
    if (this.busy !== '') return;
    this.busy = place;
    this.refusal = null;
    this.outcome = null;
    try {
      this.outcome = { place, ...(await action()) };
      await this.read_all();
    } catch (error) {
      this.refusal = refusal_of(error);
    } finally {
      this.busy = '';
    }
  }
}
