import type { User } from '../api/types';

const kGigabyte = 1e9;

/** A quota as it stands in number fields; null (an empty field): as configured for all. */
export interface QuotaText {
  gigabytes: number | null;
  jobs: number | null;
  minutes: number | null;
}

export function quota_text(quota: User['quota']): QuotaText {
  const bytes = quota.stored_bytes ?? null;
  return {
    gigabytes: bytes === null ? null : bytes / kGigabyte,
    jobs: quota.jobs_per_day ?? null,
    minutes: quota.minutes_per_day ?? null,
  };
}

/** Fields that were emptied hold null or, in some browsers, undefined. */
export function quota_of(text: QuotaText): User['quota'] {
  const bytes = text.gigabytes ?? null;
  return {
    stored_bytes: bytes === null ? null : Math.round(bytes * kGigabyte),
    jobs_per_day: text.jobs ?? null,
    minutes_per_day: text.minutes ?? null,
  };
}
