/** Seconds as people read them on a player: `0:07`, `12:40`, `1:02:03`. Fractions are cut, not rounded. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/**
 * A remaining time, coarse enough not to flicker: to the second below ten, to 5 s below two minutes, to 10 s
 * below ten minutes, then to the minute. Never below one second.
 */
export function time_left(seconds: number): string {
  const step = seconds < 10 ? 1 : seconds < 120 ? 5 : seconds < 600 ? 10 : 60;
  return clock(Math.max(1, Math.ceil(seconds / step) * step));
}
