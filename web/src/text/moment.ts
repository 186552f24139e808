/** A point in time as people write it: today only the time, else the date as well. */
export function moment(timestamp: string, locale: string, now: Date = new Date()): string {
  const then = new Date(timestamp);
  const today = then.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' }).format(
    then,
  );
}
