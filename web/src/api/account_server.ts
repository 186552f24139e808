import type { components } from './schema';
import { json, request, with_body } from './server';
import type { Audit, CreatedKey, Key, Me, NewKey, NewUser, Session, User, UserChange, UserPage } from './types';

type NewAccount = components['schemas']['NewAccount'];

async function remove(url: string): Promise<void> {
  await request(url, { method: 'DELETE' });
}

/** The routes about who one is, and about others. */
export const account_server = {
  me: () => json<Me>('/api/auth/me'),
  sign_in: (name: string, password: string) => json<Me>('/api/auth/login', with_body('POST', { name, password })),
  register: (account: NewAccount) => json<Me>('/api/auth/register', with_body('POST', account)),
  sign_out: async () => {
    await request('/api/auth/logout', { method: 'POST' });
  },
  change_password: (old_password: string, new_password: string) =>
    json<Me>('/api/auth/password', with_body('POST', { old_password, new_password })),

  sessions: async () => (await json<{ sessions: Session[] }>('/api/sessions')).sessions,
  end_session: (session: Session) => remove(`/api/sessions/${session.id}`),

  keys: async () => (await json<{ keys: Key[] }>('/api/keys')).keys,
  create_key: (key: NewKey) => json<CreatedKey>('/api/keys', with_body('POST', key)),
  revoke_key: (key: Key) => remove(`/api/keys/${key.id}`),

  users: (address: string | null) => json<UserPage>(address ?? '/api/users'),
  create_user: (user: NewUser) => json<User>('/api/users', with_body('POST', user)),
  change_user: (user: User, change: UserChange) => json<User>(`/api/users/${user.id}`, with_body('PATCH', change)),
  delete_user: (user: User) => remove(`/api/users/${user.id}`),
  audit: (before: number | null) => json<Audit>(before === null ? '/api/audit' : `/api/audit?before=${before}`),
};
