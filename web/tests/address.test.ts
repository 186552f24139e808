import { describe, expect, it } from 'vitest';
import { page_of } from '../src/state/address.svelte';

describe('page_of', () => {
  it('knows the pages there are', () => {
    const id = 'abcdefghijklmnopqrstuvwx27';
    expect(page_of('/')).toEqual({ name: 'home' });
    expect(page_of('/models')).toEqual({ name: 'models' });
    expect(page_of('/webhooks')).toEqual({ name: 'webhooks' });
    expect(page_of('/sign-in')).toEqual({ name: 'sign_in' });
    expect(page_of('/account/keys/')).toEqual({ name: 'keys' });
    expect(page_of(`/jobs/${id}`)).toEqual({ name: 'job', id });
  });

  it('takes everything else as nowhere', () => {
    expect(page_of('/jobs/../../etc')).toEqual({ name: 'nowhere' });
    expect(page_of('constructor')).toEqual({ name: 'nowhere' });
    expect(page_of('/jobs/ABC')).toEqual({ name: 'nowhere' });
  });
});
