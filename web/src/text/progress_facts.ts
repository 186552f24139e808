import type { Job } from '../api/types';
import { t } from '../messages/messages.svelte';
import { clock, time_left } from './clock';

function stage_fact(job: Job): string {
  const { stage, media_done_s, media_total_s } = job.progress;
  const total_s = media_total_s ?? job.duration_s;
  const done = clock(media_done_s);
  const total = total_s === null ? '' : clock(total_s);
  switch (stage) {
    case 'waiting':
      return t('stage.waiting');
    case 'transcribing':
      return total ? t('stage.transcribing', { done, total }) : t('stage.transcribing_open', { done });
    case 'translating':
      return media_total_s === null ? t('stage.translating_open') : t('stage.translating', { done, total });
    case 'writing':
      return t('stage.writing');
  }
}

function download_fact({ downloaded_bytes, total_bytes }: NonNullable<Job['waiting_for']>): string {
  if (!downloaded_bytes || !total_bytes) return t('waiting.download');
  return t('waiting.download_percent', { n: Math.floor((100 * downloaded_bytes) / total_bytes) });
}

function waiting_fact(job: Job, locale: string, sent_here: boolean): string {
  const waiting = job.waiting_for;
  if (waiting?.reason === 'retry' && waiting.retry_at) {
    const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(waiting.retry_at));
    return t('waiting.retry_at', { time });
  }
  if (waiting?.reason === 'model') return t('waiting.model', { model: waiting.model ?? job.model });
  if (waiting?.reason === 'memory') return t('waiting.memory', { n: Math.round(waiting.memory_percent ?? 0) });
  if (waiting?.reason === 'processor') return t('waiting.processor');
  if (waiting?.reason === 'download') return download_fact(waiting);
  if (waiting?.reason === 'upload') return sent_here ? t('waiting.upload') : t('waiting.upload_away');
  const ahead = waiting?.jobs_ahead ?? 0;
  return ahead === 0 ? t('waiting.next') : t('waiting.jobs_ahead', { n: ahead });
}

/** A fact about a running or waiting job; `spoken` where signs read aloud make no sense. */
export interface Fact {
  text: string;
  spoken?: string;
}

/**
 * What an unfinished job does or waits for: stage with media time, speed, time left. Empty for finished ones.
 * `sent_here`: this page sends its file.
 */
export function progress_facts(job: Job, locale: string, sent_here = false): Fact[] {
  if (job.status === 'queued') return [{ text: waiting_fact(job, locale, sent_here) }];
  if (job.status !== 'processing') return [];
  const facts: Fact[] = [{ text: stage_fact(job) }];
  const { speed, eta_s } = job.progress;
  if (speed !== null && speed > 0) {
    const digits = { maximumSignificantDigits: speed < 10 ? 2 : 3 };
    const number = new Intl.NumberFormat(locale, digits).format(speed);
    facts.push({ text: t('stage.speed', { speed: number }), spoken: t('stage.speed_spoken', { speed: number }) });
  }
  if (eta_s !== null) facts.push({ text: t('upload.left', { time: time_left(eta_s) }) });
  return facts;
}

/** How much of an unfinished job is done, or of the download of its media, from 0 to 1; null when that is not known. */
export function progress_fraction(job: Job): number | null {
  if (job.status === 'processing') return job.progress.fraction;
  const { downloaded_bytes, total_bytes } = job.waiting_for ?? {};
  return downloaded_bytes !== undefined && total_bytes ? downloaded_bytes / total_bytes : null;
}
