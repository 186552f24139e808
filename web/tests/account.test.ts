import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Me } from '../src/api/types';
import { make_me, make_user } from './account_fixture';

vi.mock('../src/state/media_length', () => ({ media_length: () => Promise.resolve(null) }));

/** Uploads that are there at once. */
vi.mock('tus-js-client', () => ({
  DetailedError: class extends Error {},
  Upload: class {
    url = '/api/uploads/u';
    constructor(
      readonly file: File,
      readonly options: { onSuccess: () => void },
    ) {}
    findPreviousUploads = () => Promise.resolve([]);
    start = () => queueMicrotask(this.options.onSuccess);
  },
}));

const kProblem = { type: '', title: '', instance: '', request_id: '' };
const ann = make_user({ id: 'ann' });
const bob = make_user({ id: 'bob', name: 'bob' });

/** Answers of the server by route, taken in turn; the last one stays. */
let answers: Record<string, (() => Promise<Response>)[]>;
const reload = vi.fn();

function json(status: number, body: unknown): () => Promise<Response> {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status }));
}

function refused(status: number, code: string, more = {}): () => Promise<Response> {
  return json(status, { ...kProblem, status, code, detail: code, ...more });
}

function answer_me(...list: (Me | null)[]): void {
  answers['/api/auth/me'] = list.map((me) => (me ? json(200, me) : () => Promise.reject(new TypeError('no network'))));
}

async function fresh_store() {
  vi.resetModules();
  const { account } = await import('../src/state/account.svelte');
  const { server } = await import('../src/api/server');
  return { account, server };
}

beforeEach(() => {
  answers = {};
  reload.mockClear();
  vi.stubGlobal('location', { pathname: '/', reload });
  vi.stubGlobal('fetch', (url: string) => {
    const list = answers[url] ?? [];
    return (list.length > 1 ? list.shift()! : list[0]!)();
  });
});

describe('account', () => {
  it('lets everybody in where accounts are off', async () => {
    answer_me({ ...make_me(null), accounts: false });
    const { account } = await fresh_store();
    expect(account.may_enter).toBe(false);
    await account.look();
    expect(account.may_enter).toBe(true);
    expect(account.user).toBeNull();
  });

  it('lets the pages themselves say that there is no server', async () => {
    answer_me(null);
    const { account } = await fresh_store();
    await account.look();
    expect(account.may_enter).toBe(true);
  });

  it('lets in who signs in, and nobody else', async () => {
    answer_me(make_me(null));
    answers['/api/auth/login'] = [refused(401, 'invalid_credentials'), json(200, make_me(ann))];
    const { account } = await fresh_store();
    await account.look();
    expect(account.may_enter).toBe(false);
    await expect(account.sign_in('ann', 'wrong')).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(account.may_enter).toBe(false);
    expect(account.ended).toBe(false);
    await account.sign_in('ann', 'right');
    expect(account.user?.name).toBe('ann');
    expect(account.may_enter).toBe(true);
  });

  it('notices at any refused request that the session has ended, and goes on when the same user is back', async () => {
    answer_me(make_me(ann), make_me(null));
    answers['/api/capabilities'] = [refused(401, 'session_expired')];
    answers['/api/auth/login'] = [json(200, make_me(ann))];
    const { account, server } = await fresh_store();
    await account.look();
    await expect(server.capabilities()).rejects.toMatchObject({ status: 401 });
    await vi.waitFor(() => expect(account.may_enter).toBe(false));
    expect(account.ended).toBe(true);
    await account.sign_in('ann', 'right');
    expect(account.may_enter).toBe(true);
    expect(account.ended).toBe(false);
    expect(reload).not.toHaveBeenCalled();
  });

  it('loads the page anew for another user, who gets nothing of what was under way', async () => {
    answer_me(make_me(ann), make_me(null));
    answers['/api/auth/login'] = [json(200, make_me(bob))];
    const { account } = await fresh_store();
    await account.look();
    await account.look();
    await account.sign_in('bob', 'right');
    expect(reload).toHaveBeenCalledOnce();
    expect(account.leaving).toBe(true);
    expect(account.may_enter).toBe(false);
  });

  it('keeps what it knows while the server does not answer', async () => {
    answer_me(make_me(ann), null);
    const { account } = await fresh_store();
    await account.look();
    await account.look();
    expect(account.user?.name).toBe('ann');
  });

  it('drops an answer that signing in has overtaken', async () => {
    let answer = (_: Response): void => undefined;
    answers['/api/auth/me'] = [() => new Promise((resolve) => (answer = resolve))];
    answers['/api/auth/login'] = [json(200, make_me(ann))];
    const { account } = await fresh_store();
    const looked = account.look();
    await account.sign_in('ann', 'right');
    answer(new Response(JSON.stringify(make_me(null))));
    await looked;
    expect(account.user?.name).toBe('ann');
  });
});

describe('uploads without a session', () => {
  it('wait for signing in and become jobs under the same number then', async () => {
    answer_me(make_me(ann), make_me(null));
    answers['/api/auth/login'] = [json(200, make_me(ann))];
    answers['/api/jobs'] = [refused(401, 'not_signed_in'), json(202, { id: 'j' })];
    answers['/api/jobs/j'] = [refused(404, 'not_found')];
    const { account } = await fresh_store();
    const numbers: string[] = [];
    const answer_of = globalThis.fetch as unknown as (url: string) => Promise<Response>;
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
      const number = new Headers(init?.headers).get('Idempotency-Key');
      if (number) numbers.push(number);
      return answer_of(url);
    });
    const { uploads } = await import('../src/state/uploads.svelte');
    await account.look();
    const file = Object.assign(new Blob(['talk']), { name: 'talk.mp4' }) as unknown as File;
    uploads.add([file]);
    await vi.waitFor(() => expect(account.may_enter).toBe(false));
    await vi.waitFor(() => expect(uploads.list[0]?.state).toBe('waiting'));
    expect(uploads.busy).toBe(true);
    expect(numbers).toHaveLength(1);
    await account.sign_in('ann', 'right');
    uploads.start_waiting();
    await vi.waitFor(() => expect(uploads.list).toEqual([]));
    expect(numbers[1]).toBe(numbers[0]);
  });
});
