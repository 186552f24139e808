import { account_server } from '../api/account_server';
import type { CreatedKey, Key, NewKey } from '../api/types';
import { refusal_of, type Refusal } from './refusal';

/** One's own API keys. The text of a new one is known only until it is put away or the page is left. */
export class KeyPage {
  keys = $state.raw<Key[] | null>(null);
  made = $state.raw<CreatedKey | null>(null);
  refusal = $state.raw<Refusal | null>(null);

  async load(): Promise<void> {
    try {
      this.keys = await account_server.keys();
    } catch (error) {
      this.refusal = refusal_of(error);
    }
  }

  /** Whether the key was made. */
  async create(key: NewKey): Promise<boolean> {
    this.refusal = null;
    try {
      this.made = await account_server.create_key(key);
    } catch (error) {
      this.refusal = refusal_of(error, 'keys.too_many');
      return false;
    }
    await this.load();
    return true;
  }

  async revoke(key: Key): Promise<void> {
    this.refusal = null;
    try {
      await account_server.revoke_key(key);
      if (this.made?.id === key.id) this.made = null;
    } catch (error) {
      this.refusal = refusal_of(error);
    }
    await this.load();
  }
}
