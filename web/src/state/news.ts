import type { Job } from '../api/types';
import { page_language, t } from '../messages/messages.svelte';
import { announcer } from './announcer.svelte';

/** Tells screen readers how a job went on: its end, or how far it is. */
export function tell_news(before: Job | undefined, now: Job): void {
  if (before === undefined) return;
  const name = now.name;
  if (before.status !== now.status && now.status === 'completed') announcer.say(t('announce.completed', { name }));
  else if (before.status !== now.status && now.status === 'failed') announcer.say(t('announce.failed', { name }));
  else if (now.status === 'processing' && before.progress.fraction !== now.progress.fraction) {
    const percent = new Intl.NumberFormat(page_language.locale, { style: 'percent' }).format(now.progress.fraction);
    announcer.say(t('announce.progress', { name, percent }));
  }
}
