import { tick, untrack } from 'svelte';
import type { Playback } from '../state/playback.svelte';
import { cue_at } from '../text/cue_order';
import type { Cue } from '../text/webvtt';

const kFirstRows = 60;
const kRowsPerFrame = 60;

/** How a list of cues follows the player, is moved through by keys, and fills up without blocking the page.
    Made while its component is, whose life its effects share. */
export class CueScroll<Row extends Cue> {
  private readonly rows: () => readonly Row[];
  private readonly playback: () => Playback;
  list = $state<HTMLElement>();
  /** A person who scrolls reads elsewhere: following stops until asked for again. */
  following = $state(true);
  /** Rows drawn so far: a long list fills up over several frames. */
  drawn = $state(kFirstRows);
  /** The one row in the tab order. */
  focused = $state(0);
  /** The row on screen now, or the last one before; -1 before the first. */
  current = $derived.by(() => cue_at(this.rows(), this.playback().time_s));

  constructor(rows: () => readonly Row[], playback: () => Playback) {
    this.rows = rows;
    this.playback = playback;
    $effect(() => this.fill_up());
    $effect(() => {
      if (this.current >= 0 && playback().playing) untrack(() => void this.show(this.current));
    });
  }

  choose(index: number): void {
    this.focused = index;
    this.following = true;
    this.playback().seek(this.rows()[index]!.start);
  }

  follow(): void {
    this.following = true;
    void this.show(this.current);
  }

  private fill_up(): () => void {
    let frame = 0;
    const count = this.rows().length;
    const step = (): void => {
      if (this.drawn < count) this.drawn += kRowsPerFrame;
      frame = requestAnimationFrame(step);
      if (this.drawn >= count) cancelAnimationFrame(frame);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }

  private async show(index: number): Promise<void> {
    if (index >= this.drawn) this.drawn = index + kFirstRows;
    await tick();
    const row = this.list?.querySelector(`[data-index="${index}"]`);
    if (!this.following || !row || !this.list) return;
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    const scrolls_itself = this.list.scrollHeight > this.list.clientHeight + 1;
    if (!scrolls_itself) {
      row.scrollIntoView({ block: 'center', behavior });
      return;
    }
    const offset = row.getBoundingClientRect().top - this.list.getBoundingClientRect().top;
    this.list.scrollBy({ top: offset - this.list.clientHeight / 3, behavior });
  }

  move(event: KeyboardEvent): void {
    const count = this.rows().length;
    const steps: Record<string, number> = {
      ArrowDown: this.focused + 1,
      ArrowUp: this.focused - 1,
      Home: 0,
      End: count - 1,
    };
    const to = steps[event.key];
    if (event.key === ' ') {
      event.preventDefault();
      this.playback().toggle();
    }
    if (to === undefined) return;
    event.preventDefault();
    this.focused = Math.min(count - 1, Math.max(0, to));
    this.drawn = Math.max(this.drawn, this.focused + 1);
    void tick().then(() => this.list?.querySelector<HTMLElement>(`[data-index="${this.focused}"]`)?.focus());
  }
}
