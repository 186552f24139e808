import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestError } from '../src/api/server';
import type { Audit, AuditRecord, Key, User } from '../src/api/types';
import { make_user } from './account_fixture';

const routes = vi.hoisted(() => ({
  users: vi.fn(),
  create_user: vi.fn(),
  change_user: vi.fn(),
  delete_user: vi.fn(),
  keys: vi.fn(),
  create_key: vi.fn(),
  revoke_key: vi.fn(),
  audit: vi.fn(),
}));
vi.mock('../src/api/account_server', () => ({ account_server: routes }));

const { AuditList } = await import('../src/state/audit_list.svelte');
const { KeyPage } = await import('../src/state/key_page.svelte');
const { refusal_of } = await import('../src/state/refusal');
const { changes_of, UserPage } = await import('../src/state/user_page.svelte');
const { quota_of, quota_text } = await import('../src/state/quota_text');
const { browser_name } = await import('../src/text/browser_name');

const ann = make_user({ id: 'ann', name: 'ann' });
const bob = make_user({ id: 'bob', name: 'bob' });
const conflict = new RequestError(409, 'account_conflict', 'no');

beforeEach(() => Object.values(routes).forEach((route) => route.mockReset()));

describe('refusal_of', () => {
  it('says how long to wait', () => {
    const throttled = new RequestError(429, 'rate_limited', 'Too many.', 75);
    expect(refusal_of(throttled)).toEqual({ text: 'refusal.wait', time: '1:15', detail: '' });
  });

  it('shows the sentence of the server only where it has no words of its own', () => {
    expect(refusal_of(new RequestError(401, 'invalid_credentials', 'Wrong.')).detail).toBe('');
    expect(refusal_of(conflict, 'refusal.name_taken').text).toBe('refusal.name_taken');
    const fault = new RequestError(422, 'invalid_input', 'Expected 8 characters.');
    expect(refusal_of(fault)).toEqual({ text: 'refusal.other', time: '', detail: 'Expected 8 characters.' });
  });
});

describe('UserPage', () => {
  async function loaded(...users: User[]) {
    routes.users.mockResolvedValueOnce({ users, next: null });
    const page = new UserPage();
    await page.load();
    return page;
  }

  it('shows a new user at once, but not before those that are not loaded yet', async () => {
    const page = await loaded(ann);
    routes.create_user.mockResolvedValue(bob);
    expect(await page.add({ name: 'bob', password: 'x' })).toBe(true);
    expect(page.users?.map(({ id }) => id)).toEqual(['ann', 'bob']);
    page.next = '/api/users?after=bob';
    await page.add({ name: 'eve', password: 'x' });
    expect(page.users).toHaveLength(2);
  });

  it('says at which user a refusal belongs, and keeps the user', async () => {
    const page = await loaded(ann, bob);
    routes.delete_user.mockRejectedValue(conflict);
    expect(await page.remove(bob)).toBe(false);
    expect(page.refused_id).toBe('bob');
    expect(page.refusal?.text).toBe('refusal.last_admin');
    expect(page.users).toHaveLength(2);
  });

  it('takes what the server made of a change', async () => {
    const page = await loaded(ann, bob);
    routes.change_user.mockResolvedValue({ ...bob, active: false });
    await page.change(bob, { active: false });
    expect(page.users?.map(({ active }) => active)).toEqual([true, false]);
  });
});

describe('changes_of', () => {
  it('names only what differs', () => {
    const { email, role, active, quota } = ann;
    expect(changes_of(ann, { email, role, active, quota })).toEqual({});
    const wanted = { email, role: 'admin' as const, active, quota: { ...quota, jobs_per_day: 0 } };
    expect(changes_of(ann, wanted)).toEqual({ role: 'admin', quota: { jobs_per_day: 0 } });
  });
});

describe('quota', () => {
  it('goes to number fields and back', () => {
    const quota = { stored_bytes: 1_500_000_000, jobs_per_day: 0, minutes_per_day: null };
    expect(quota_text(quota)).toEqual({ gigabytes: 1.5, jobs: 0, minutes: null });
    expect(quota_of(quota_text(quota))).toEqual(quota);
  });
});

describe('KeyPage', () => {
  it('keeps the text of a new key until it is revoked', async () => {
    const page = new KeyPage();
    const key = { id: 'k', name: 'script' } as Key;
    routes.keys.mockResolvedValue([key]);
    routes.create_key.mockResolvedValue({ ...key, key: 'vox_secret' });
    expect(await page.create({ name: 'script', scope: 'write' })).toBe(true);
    expect(page.made?.key).toBe('vox_secret');
    await page.revoke(key);
    expect(page.made).toBeNull();
  });

  it('says that there are too many', async () => {
    const page = new KeyPage();
    routes.create_key.mockRejectedValue(conflict);
    expect(await page.create({ name: 'script', scope: 'write' })).toBe(false);
    expect(page.refusal?.text).toBe('keys.too_many');
  });
});

describe('AuditList', () => {
  it('goes on before the last record, to the first', async () => {
    const page = (...numbers: number[]): Audit => ({
      records: numbers.map((sequence) => ({ sequence }) as AuditRecord),
      next: numbers.at(-1) ?? null,
    });
    routes.audit.mockResolvedValueOnce(page(4, 3)).mockResolvedValueOnce(page(2, 1));
    const audit = new AuditList();
    await audit.load();
    expect(audit.has_more).toBe(true);
    await audit.load_more();
    expect(routes.audit).toHaveBeenLastCalledWith(3);
    expect(audit.records.map(({ sequence }) => sequence)).toEqual([4, 3, 2, 1]);
    expect(audit.has_more).toBe(false);
  });
});

describe('browser_name', () => {
  it('is short for browsers and as it is for others', () => {
    const kit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
    expect(browser_name('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Firefox · Linux');
    expect(browser_name(`Mozilla/5.0 (Windows NT 10.0) ${kit} Chrome/140.0 Safari/537.36 Edg/140.0`)).toBe('Edge · Windows');
    expect(browser_name(`Mozilla/5.0 (Linux; Android 15) ${kit} Chrome/140.0 Mobile Safari/537.36`)).toBe('Chrome · Android');
    expect(browser_name('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1')).toBe('Safari · iPhone');
    expect(browser_name('curl/7.88.1')).toBe('curl/7.88.1');
  });
});
