import type { JobState, Priority, Scope, WebhookDelivery } from '../api/types';
import type { MessageKey } from '../messages/messages.svelte';
import type { IconName } from './icons';

export const kPriorityKeys: Record<Priority, MessageKey> = {
  low: 'priority.low',
  normal: 'priority.normal',
  high: 'priority.high',
  urgent: 'priority.urgent',
};

export const kScopeKeys: Record<Scope, MessageKey> = {
  read: 'scope.read',
  write: 'scope.write',
  admin: 'scope.admin',
};

export const kStateKeys: Record<JobState, MessageKey> = {
  queued: 'state.queued',
  processing: 'state.processing',
  completed: 'state.completed',
  failed: 'state.failed',
  cancelled: 'state.cancelled',
};

export const kStateIcons: Record<JobState, IconName> = {
  queued: 'clock',
  processing: 'work',
  completed: 'check',
  failed: 'warning',
  cancelled: 'close',
};

/** What a message to a webhook tells. */
export const kTidingsKeys: Record<WebhookDelivery['type'], MessageKey> = {
  'job.completed': 'delivery.job_completed',
  'job.failed': 'delivery.job_failed',
  'job.cancelled': 'delivery.job_cancelled',
};

export const kDeliveryKeys: Record<WebhookDelivery['state'], MessageKey> = {
  pending: 'delivery.pending',
  delivered: 'delivery.delivered',
  failed: 'delivery.failed',
};

export const kDeliveryIcons: Record<WebhookDelivery['state'], IconName> = {
  pending: 'clock',
  delivered: 'check',
  failed: 'warning',
};

/** What helps against a failure of this kind, and whether trying again unchanged can. */
export const kErrorHints: Record<string, MessageKey> = {
  corrupt: 'error.hint.file',
  unsupported: 'error.hint.unsupported',
  too_large: 'error.hint.file',
  invalid_input: 'error.hint.choices',
  storage_full: 'error.hint.storage',
  out_of_memory: 'error.hint.memory',
  unavailable: 'error.hint.later',
  timeout: 'error.hint.later',
  internal: 'error.hint.later',
};
