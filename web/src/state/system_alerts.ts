import type { Alert } from '../api/types';
import type { MessageKey } from '../messages/messages.svelte';
import type { Unit } from '../text/figure';

/** Those that were not there before. Of those at the first look (`before` null) nothing is new: they stand on the page. */
export function fresh_alerts(before: readonly Alert[] | null, now: readonly Alert[]): Alert[] {
  if (before === null) return [];
  return now.filter((alert) => !before.some((known) => known.id === alert.id && known.since === alert.since));
}

/** The sentence on an alert, and the unit of its figures. */
export const kAlertTexts: Record<Alert['kind'], { key: MessageKey; unit: Unit }> = {
  memory: { key: 'alert.memory', unit: 'percent' },
  cpu: { key: 'alert.cpu', unit: 'percent' },
  disk_io: { key: 'alert.disk_io', unit: 'bytes_per_s' },
  disk_space: { key: 'alert.disk_space', unit: 'bytes' },
  gpu_memory: { key: 'alert.gpu_memory', unit: 'percent' },
  stage: { key: 'alert.stage', unit: 'seconds' },
};

/** What the id of an alert names: `transcribe` of `stage:transcribe`, `0` of `gpu0_memory`; else empty. */
export function alert_subject(id: string): string {
  return /^stage:(.+)$/.exec(id)?.[1] ?? /^gpu(\d+)_/.exec(id)?.[1] ?? '';
}
