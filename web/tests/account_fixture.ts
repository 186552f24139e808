import type { Me, User } from '../src/api/types';

/** A user with the given parts. */
export function make_user(parts: Partial<User> = {}): User {
  return {
    id: 'u'.repeat(26),
    name: 'ann',
    email: '',
    role: 'user',
    active: true,
    created_at: '2026-01-01T00:00:00Z',
    password_changed_at: '2026-01-01T00:00:00Z',
    last_login_at: null,
    quota: { stored_bytes: null, jobs_per_day: null, minutes_per_day: null },
    limits: { stored_bytes: null, jobs_per_day: 200, minutes_per_day: null, queued_jobs: 100 },
    usage: { stored_bytes: 0, jobs_today: 0, minutes_today: 0, queued_jobs: 0 },
    ...parts,
  };
}

/** What a server with accounts answers about whoever asks. */
export function make_me(user: User | null): Me {
  const session_id = user ? 's'.repeat(26) : null;
  return { accounts: true, registration: 'closed', user, scope: user ? 'write' : null, session_id };
}
