import type { Alert, Recommendation } from '../api/types';
import { page_language, t, type MessageKey } from '../messages/messages.svelte';
import { alert_subject, kAlertTexts } from '../state/system_alerts';
import { figure_text, type Unit } from '../text/figure';

/** Names that come from the server, stages in the order of a job; what is not among them is shown as the server calls it. */
const kStageKeys: Record<string, MessageKey> = {
  receive: 'timing.receive',
  probe: 'timing.probe',
  read: 'timing.read',
  load_model: 'timing.load_model',
  transcribe: 'timing.transcribe',
  translate: 'timing.translate',
  layout: 'timing.layout',
  write: 'timing.write',
  job: 'timing.job',
};

const kHolderKeys: Record<string, MessageKey> = {
  'translation models': 'holder.translation_models',
  'recogniser models': 'holder.recogniser_models',
  database: 'holder.database',
  heap: 'holder.heap',
  results: 'holder.results',
  translations: 'holder.translations',
};

const kAdviceKeys: Record<string, MessageKey> = {
  'free-memory': 'advice.free_memory',
  'enable-watchdog': 'advice.enable_watchdog',
  'estimate-jobs': 'advice.estimate_jobs',
  'fewer-models': 'advice.fewer_models',
  'smaller-model': 'advice.smaller_model',
  'more-jobs': 'advice.more_jobs',
  'fewer-jobs': 'advice.fewer_jobs',
  'compute-threads': 'advice.compute_threads',
  'use-gpu': 'advice.use_gpu',
  'slow-media': 'advice.slow_media',
  'production-profile': 'advice.production_profile',
  'translation-cache': 'advice.translation_cache',
  'more-models': 'advice.more_models',
  'idle-models': 'advice.idle_models',
  'raise-worker-limit': 'advice.raise_worker_limit',
  'idle-workers': 'advice.idle_workers',
  stalled: 'advice.fewer_jobs',
};

interface Evidence {
  key: MessageKey;
  unit: Unit;
  /** By which the figure is multiplied for its unit. */
  scale?: number;
}

const kMegabyte = 1_000_000;

const kEvidence: Record<string, Evidence> = {
  memory_percent: { key: 'evidence.memory', unit: 'percent' },
  recent_memory_percent: { key: 'evidence.recent_memory', unit: 'percent' },
  recent_cpu_percent: { key: 'evidence.recent_cpu', unit: 'percent' },
  io_stall_percent: { key: 'evidence.io_stall', unit: 'percent' },
  memory_stall_percent: { key: 'evidence.memory_stall', unit: 'percent' },
  efficiency: { key: 'evidence.efficiency', unit: 'percent', scale: 100 },
  idle_model_mb: { key: 'evidence.idle_models', unit: 'bytes', scale: kMegabyte },
  model_mb: { key: 'evidence.models', unit: 'bytes', scale: kMegabyte },
  translation_cache_mb: { key: 'evidence.translation_cache', unit: 'bytes', scale: kMegabyte },
  read_s: { key: 'evidence.read', unit: 'seconds' },
  transcribe_s: { key: 'evidence.transcribe', unit: 'seconds' },
  load_s: { key: 'evidence.load_time', unit: 'seconds' },
  job_s: { key: 'evidence.job_time', unit: 'seconds' },
  releases: { key: 'evidence.releases', unit: 'count' },
  loads: { key: 'evidence.loads', unit: 'count' },
  jobs_queued: { key: 'evidence.jobs_queued', unit: 'count' },
  max_concurrent: { key: 'evidence.max_concurrent', unit: 'count' },
  cores: { key: 'evidence.cores', unit: 'count' },
  threads: { key: 'evidence.threads', unit: 'count' },
  gpus: { key: 'evidence.gpus', unit: 'count' },
  workers: { key: 'evidence.workers', unit: 'count' },
  optimal_workers: { key: 'evidence.optimal_workers', unit: 'count' },
  waiting: { key: 'evidence.waiting', unit: 'count' },
};

export const kGroupKeys = {
  memory: 'group.memory',
  cpu: 'group.cpu',
  cache: 'group.cache',
  threading: 'group.threading',
} as const satisfies Record<Recommendation['group'], MessageKey>;

export const kSettingGroupKeys: Record<string, MessageKey> = {
  ...kGroupKeys,
  media: 'group.media',
  monitoring: 'group.monitoring',
};

export const kLevelKeys = {
  normal: 'level.normal',
  elevated: 'level.elevated',
  high: 'level.high',
  critical: 'level.critical',
} as const satisfies Record<string, MessageKey>;

export const kCauseKeys: Record<string, MessageKey> = {
  elevated: 'cause.elevated',
  high: 'cause.high',
  rising: 'cause.rising',
  requested: 'cause.requested',
};

/** As a job goes through them, the whole job last; those that the page does not know before that. */
export function in_order<T extends { stage: string }>(stages: readonly T[]): T[] {
  const order = Object.keys(kStageKeys);
  const place = (stage: string): number => (order.includes(stage) ? order.indexOf(stage) : order.length - 1.5);
  return [...stages].sort((a, b) => place(a.stage) - place(b.stage));
}

export function stage_name(stage: string): string {
  const key = kStageKeys[stage];
  return key ? t(key) : stage;
}

export function holder_name(name: string): string {
  const key = kHolderKeys[name];
  return key ? t(key) : name;
}

/** In the words of the page where it knows the recommendation, else in the server's. */
export function advice_title({ id, title, setting, evidence }: Recommendation): { text: string; own: boolean } {
  if (id === 'follow-worker-plan' && evidence.optimal_workers !== undefined) {
    return { text: t('advice.worker_plan', { n: evidence.optimal_workers }), own: true };
  }
  const key = kAdviceKeys[id];
  return key ? { text: t(key, { setting: setting?.key ?? '' }), own: true } : { text: title, own: false };
}

/** Names and figures, as they are shown. */
export function evidence_rows(evidence: Recommendation['evidence']): { name: string; value: string }[] {
  return Object.entries(evidence).map(([name, value]) => {
    const known = kEvidence[name];
    const unit = known?.unit ?? 'count';
    return { name: known ? t(known.key) : name, value: figure_text(value * (known?.scale ?? 1), unit, page_language.locale) };
  });
}

export function alert_text(alert: Alert): string {
  const known = kAlertTexts[alert.kind];
  if (!known) return alert.message;
  const text = (value: number): string => figure_text(value, known.unit, page_language.locale);
  const subject = alert_subject(alert.id);
  const name = alert.kind === 'stage' ? stage_name(subject) : subject;
  return t(known.key, { name, value: text(alert.value), limit: text(alert.limit) });
}

/** Where a setting comes from: `environment VOXLATE_…` is a word and a name. */
export function origin_text(origin: string): string {
  const [kind, ...rest] = origin.split(' ');
  const keys: Record<string, MessageKey> = {
    default: 'origin.default',
    file: 'origin.file',
    flag: 'origin.flag',
    environment: 'origin.environment',
    optimization: 'origin.optimization',
  };
  const key = keys[kind ?? ''];
  return key ? [t(key), ...rest].join(' ') : origin;
}
