import type { RequestError } from '../api/server';
import { create_job, new_idempotency_key, type JobChoices } from '../api/upload';
import { t } from '../messages/messages.svelte';
import { announcer } from './announcer.svelte';
import { capabilities } from './capabilities.svelte';
import { choices } from './choices.svelte';
import { jobs } from './jobs.svelte';
import { problems } from './problems.svelte';
import { refusal_of, type Refusal } from './refusal';

/** An address that the server was asked to fetch, until it says yes. */
export class Import {
  readonly key = new_idempotency_key();
  refusal = $state.raw<Refusal | null>(null);
  /** It was refused for what it leads to. */
  wrong_place = $state(false);

  constructor(
    readonly url: string,
    readonly choices: JobChoices,
  ) {}
}

/** Addresses given on this page and not yet jobs. */
class ImportsStore {
  list = $state.raw<Import[]>([]);

  /** `url`: an http or https address. */
  async add(url: string): Promise<void> {
    if (capabilities.now?.imports === false) {
      problems.add(t('link.off'));
      return;
    }
    const wanted = new Import(url, choices.for_upload(capabilities.now));
    this.list = [...this.list, wanted];
    await this.send(wanted);
  }

  retry(wanted: Import): void {
    wanted.refusal = null;
    void this.send(wanted);
  }

  remove(wanted: Import): void {
    this.list = this.list.filter((other) => other !== wanted);
  }

  private settle(wanted: Import, job_id: string): void {
    this.remove(wanted);
    void jobs.show(job_id);
    announcer.say(t('link.taken', { url: wanted.url }));
  }

  private async send(wanted: Import): Promise<void> {
    try {
      this.settle(wanted, (await create_job({ url: wanted.url }, wanted.choices, wanted.key)).id);
    } catch (error) {
      wanted.wrong_place = (error as RequestError).code === 'url_not_allowed';
      wanted.refusal = refusal_of(error);
    }
  }
}

export const imports = new ImportsStore();
