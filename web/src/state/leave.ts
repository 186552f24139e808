import { page_language, t } from '../messages/messages.svelte';
import { account } from './account.svelte';
import { problems } from './problems.svelte';
import { refusal_of } from './refusal';
import { removals } from './removals.svelte';

/**
 * Signs out, after what was wished before is done: a deletion that can still be undone needs its owner. Then the page is
 * loaded anew: nothing that was shown or remembered here is left for whoever comes next, but for the language.
 */
export async function leave(): Promise<void> {
  await removals.finish_all();
  try {
    await account.sign_out();
    page_language.keep();
    location.assign('/sign-in');
  } catch (error) {
    const { text, time, detail } = refusal_of(error);
    problems.add([t(text, { time }), detail].filter(Boolean).join(' '));
  }
}
