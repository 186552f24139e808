import { afterEach, describe, expect, it, vi } from 'vitest';
import { error_of_answer } from '../src/api/server';
import { job_form, new_idempotency_key } from '../src/api/upload';
import { kDefaultChoices } from '../src/state/choices.svelte';
import { uploads_to_start } from '../src/state/upload_queue';

describe('uploads_to_start', () => {
  it('keeps two under way, in the order they were added', () => {
    const waiting = ['a', 'b', 'c'].map((key) => ({ key, state: 'waiting' as const }));
    expect(uploads_to_start(waiting)).toEqual(['a', 'b']);
    expect(uploads_to_start([{ key: 'x', state: 'sending' }, ...waiting])).toEqual(['a']);
    expect(uploads_to_start([{ key: 'x', state: 'sending' }, { key: 'y', state: 'checking' }, ...waiting])).toEqual([]);
  });

  it('is not held up by a failed one', () => {
    expect(uploads_to_start([{ key: 'x', state: 'failed' }, { key: 'a', state: 'waiting' }])).toEqual(['a']);
  });
});

describe('job_form', () => {
  it('sends the choices before the file and leaves out what the server decides', () => {
    // A File where there is no such class (Node 18).
    const file = Object.assign(new Blob(['x']), { name: 'talk.mp4' }) as unknown as File;
    const form = job_form(file, { ...kDefaultChoices, targets: ['es', 'fr'], language: 'en', audio_track: 1 });
    expect([...form.keys()]).toEqual([
      'language', 'targets', 'targets', 'formats', 'formats', 'priority', 'audio_track', 'file',
    ]);
    expect(form.getAll('targets')).toEqual(['es', 'fr']);
  });
});

describe('new_idempotency_key', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('has the form that the server takes, and is new each time', () => {
    // Node 18 has no global crypto.
    const getRandomValues = (bytes: Uint8Array) => bytes.map(() => Math.floor(Math.random() * 256));
    vi.stubGlobal('crypto', { getRandomValues });
    const keys = new Set(Array.from({ length: 50 }, new_idempotency_key));
    expect(keys.size).toBe(50);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{16,64}$/);
  });
});

describe('error_of_answer', () => {
  it('says what the problem document says', () => {
    const body = JSON.stringify({ code: 'unsupported', detail: 'No audio.', errors: [{ pointer: '', detail: 'Field x.' }] });
    expect(error_of_answer(422, body)).toMatchObject({ status: 422, code: 'unsupported', detail: 'No audio. Field x.' });
  });

  it('survives an answer that is none of ours', () => {
    expect(error_of_answer(502, '<html>')).toMatchObject({ status: 502, detail: '' });
  });
});
