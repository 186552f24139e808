import { account_server } from '../api/account_server';
import type { Session } from '../api/types';
import { refusal_of, type Refusal } from './refusal';

/** Where one is signed in. */
export class SessionList {
  list = $state.raw<Session[] | null>(null);
  refusal = $state.raw<Refusal | null>(null);

  async load(): Promise<void> {
    try {
      this.list = await account_server.sessions();
    } catch (error) {
      this.refusal = refusal_of(error);
    }
  }

  async end(session: Session): Promise<void> {
    this.refusal = null;
    try {
      await account_server.end_session(session);
    } catch (error) {
      this.refusal = refusal_of(error);
    }
    await this.load();
  }
}
