const kQuietMs = 10000;

/** Speaks to screen readers through one polite live region, at most every ten seconds; the last word wins. */
class Announcer {
  said = $state('');
  private next = '';
  private timer = 0;
  private last_ms = -kQuietMs;

  say(text: string): void {
    this.next = text;
    if (this.timer !== 0) return;
    const wait_ms = Math.max(0, this.last_ms + kQuietMs - performance.now());
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.last_ms = performance.now();
      this.said = this.next;
    }, wait_ms);
  }
}

export const announcer = new Announcer();
