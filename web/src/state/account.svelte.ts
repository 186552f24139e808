import { account_server } from '../api/account_server';
import { RequestError, when_signed_out } from '../api/server';
import type { Me, User } from '../api/types';

/** Where accounts are off, and while nothing is known. */
const kNobody: Me = { accounts: false, registration: 'closed', user: null, scope: null, session_id: null };

/**
 * Who is signed in, and whether one has to. A request that is answered with "not signed in" ends the stay: the page of
 * signing in stands in the place of the page at hand, whose address is kept, so that one is back there afterwards.
 */
class AccountStore {
  me = $state.raw<Me>(kNobody);
  /** Whether the first question was answered, one way or the other. */
  settled = $state(false);
  /** The session ended by itself, not by signing out. */
  ended = $state(false);
  /** Who was here when the session ended; what they left under way is only theirs. */
  private last_user_id = '';
  /** The page is about to be loaded anew, whatever is under way. */
  leaving = false;
  /** Counts signing in: an older answer does not undo it. */
  private turn = 0;
  private looking: Promise<void> | null = null;

  constructor() {
    when_signed_out(() => void this.look());
  }

  get user(): User | null {
    return this.me.user;
  }

  get is_admin(): boolean {
    return this.me.user?.role === 'admin';
  }

  /** Whether one may see how the server does: everybody where there are no accounts. */
  get may_inspect(): boolean {
    return this.may_enter && (!this.me.accounts || this.is_admin);
  }

  /** Whether the pages behind the door may be shown. */
  get may_enter(): boolean {
    return this.settled && (!this.me.accounts || this.me.user !== null);
  }

  /** Asks who one is, once for all who ask at the same time. No answer changes nothing. */
  look(): Promise<void> {
    this.looking ??= this.ask().finally(() => (this.looking = null));
    return this.looking;
  }

  /** Throws RequestError, as the next three do. Where somebody else was before, the page is loaded anew. */
  async sign_in(name: string, password: string): Promise<void> {
    this.enter(await account_server.sign_in(name, password));
  }

  async register(name: string, email: string, password: string): Promise<void> {
    this.enter(await account_server.register({ name, email, password }));
  }

  async change_password(old_password: string, new_password: string): Promise<void> {
    const me = await account_server.change_password(old_password, new_password);
    this.turn += 1;
    this.me = me;
  }

  /** Whoever calls this loads the page anew. */
  async sign_out(): Promise<void> {
    await account_server.sign_out();
    this.leaving = true;
  }

  private async ask(): Promise<void> {
    const turn = this.turn;
    try {
      const me = await account_server.me();
      // Signing in was quicker.
      if (turn !== this.turn) return;
      if (this.me.user !== null && me.user === null) {
        this.last_user_id = this.me.user.id;
        this.ended = true;
      }
      this.me = me;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
    this.settled = true;
  }

  private enter(me: Me): void {
    this.turn += 1;
    if (this.last_user_id !== '' && this.last_user_id !== me.user?.id) {
      this.leaving = true;
      location.reload();
      return;
    }
    this.me = me;
    this.ended = false;
  }
}

export const account = new AccountStore();
