import { account_server } from '../api/account_server';
import type { NewUser, User, UserChange } from '../api/types';
import type { MessageKey } from '../messages/messages.svelte';
import { refusal_of, type Refusal } from './refusal';

/** What differs from how the user is: another role or rest ends sessions, and each change goes on record. */
export function changes_of(user: User, wanted: Pick<User, 'email' | 'role' | 'active' | 'quota'>): UserChange {
  const quota = Object.entries(wanted.quota).filter(([name, value]) => value !== user.quota[name as keyof User['quota']]);
  return {
    ...(wanted.email === user.email ? {} : { email: wanted.email }),
    ...(wanted.role === user.role ? {} : { role: wanted.role }),
    ...(wanted.active === user.active ? {} : { active: wanted.active }),
    ...(quota.length === 0 ? {} : { quota: Object.fromEntries(quota) }),
  };
}

/** What an administrator sees of the users; the oldest first, page by page. */
export class UserPage {
  users = $state.raw<User[] | null>(null);
  next = $state.raw<string | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  /** The user whom the last refusal concerns; '' for a new one or the list. */
  refused_id = $state('');

  load(): Promise<boolean> {
    return this.attempt('', 'refusal.other', async () => {
      const page = await account_server.users(null);
      this.users = page.users;
      this.next = page.next;
    });
  }

  load_more(): Promise<boolean> {
    return this.attempt('', 'refusal.other', async () => {
      const page = await account_server.users(this.next);
      this.users = [...(this.users ?? []), ...page.users];
      this.next = page.next;
    });
  }

  /** Whether it worked, as for the next two. */
  add(user: NewUser): Promise<boolean> {
    return this.attempt('', 'refusal.name_taken', async () => {
      const made = await account_server.create_user(user);
      // On a page that is not loaded yet the user comes with it.
      if (this.next === null) this.users = [...(this.users ?? []), made];
    });
  }

  change(user: User, change: UserChange): Promise<boolean> {
    const conflict = change.email ? 'refusal.name_taken' : 'refusal.last_admin';
    return this.attempt(user.id, conflict, async () => {
      const changed = await account_server.change_user(user, change);
      this.users = (this.users ?? []).map((other) => (other.id === user.id ? changed : other));
    });
  }

  remove(user: User): Promise<boolean> {
    return this.attempt(user.id, 'refusal.last_admin', async () => {
      await account_server.delete_user(user);
      this.users = (this.users ?? []).filter((other) => other.id !== user.id);
    });
  }

  private async attempt(id: string, conflict: MessageKey, wish: () => Promise<void>): Promise<boolean> {
    this.refusal = null;
    try {
      await wish();
      return true;
    } catch (error) {
      this.refusal = refusal_of(error, conflict);
      this.refused_id = id;
      return false;
    }
  }
}
