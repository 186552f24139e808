import { account } from './account.svelte';
import { problems } from './problems.svelte';
import { refusal_of } from './refusal';
import { removals } from './removals.svelte';
import { t } from '../messages/messages.svelte';

/** Signs out, after what was wished before is done: a deletion that can still be undone needs its owner. */
export async function leave(): Promise<void> {
  await removals.finish_all();
  try {
    await account.sign_out();
  } catch (error) {
    const { text, time, detail } = refusal_of(error);
    problems.add([t(text, { time }), detail].filter(Boolean).join(' '));
  }
}
