import { RequestError } from '../api/server';
import type { MessageKey } from '../messages/messages.svelte';
import { clock } from '../text/clock';

/** Why a wish was not granted, as it is shown; `detail` is the server's own sentence, in English. */
export interface Refusal {
  text: MessageKey;
  /** How long to wait before the next try, `0:15`; else empty. */
  time: string;
  detail: string;
}

const kTexts: Record<string, MessageKey> = {
  unreachable: 'connection.unreachable',
  invalid_credentials: 'refusal.credentials',
  registration_closed: 'refusal.registration_closed',
  not_allowed: 'refusal.not_allowed',
};

/** `conflict`: what it means here that the state of the account does not allow it. */
export function refusal_of(error: unknown, conflict: MessageKey = 'refusal.other'): Refusal {
  if (!(error instanceof RequestError)) return { text: 'refusal.other', time: '', detail: String(error) };
  if (error.code === 'rate_limited' && error.retry_after_s !== null) {
    return { text: 'refusal.wait', time: clock(error.retry_after_s), detail: '' };
  }
  const known = error.code === 'account_conflict' ? conflict : kTexts[error.code];
  if (known && known !== 'refusal.other') return { text: known, time: '', detail: '' };
  return { text: 'refusal.other', time: '', detail: error.message };
}
