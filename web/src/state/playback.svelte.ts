/** The player of a job page as the other parts see it: where it is, and a way to go elsewhere. */
export class Playback {
  time_s = $state(0);
  playing = $state(false);
  /** False once the browser said that it cannot play this file. */
  playable = $state(true);
  private element: HTMLMediaElement | null = null;

  attach(element: HTMLMediaElement): () => void {
    this.element = element;
    return () => {
      this.element = null;
      this.playing = false;
    };
  }

  seek(seconds: number): void {
    // Also without a player: the cue that was chosen is then the current one.
    this.time_s = seconds;
    if (this.element) this.element.currentTime = seconds;
  }

  toggle(): void {
    if (!this.element) return;
    if (this.element.paused) void this.element.play().catch(() => undefined);
    else this.element.pause();
  }
}
