import { DetailedError } from 'tus-js-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { error_of_answer } from '../src/api/server';
import {
  error_of_transfer, job_document, may_begin_early, new_idempotency_key, parts_of, upload_id_of,
} from '../src/api/upload';
import { kDefaultChoices } from '../src/state/choices.svelte';
import { uploads_to_start } from '../src/state/upload_queue';

const kLargest = 512 * 1024 ** 2;

describe('uploads_to_start', () => {
  it('keeps two under way, in the order they were added', () => {
    const waiting = ['a', 'b', 'c'].map((key) => ({ key, state: 'waiting' as const }));
    expect(uploads_to_start(waiting)).toEqual(['a', 'b']);
    expect(uploads_to_start([{ key: 'x', state: 'sending' }, ...waiting])).toEqual(['a']);
    expect(uploads_to_start([{ key: 'x', state: 'sending' }, { key: 'y', state: 'checking' }, ...waiting])).toEqual([]);
  });

  it('is not held up by a failed or a paused one', () => {
    expect(uploads_to_start([{ key: 'x', state: 'paused' }, { key: 'y', state: 'paused' }, { key: 'a', state: 'waiting' }]))
      .toEqual(['a']);
    expect(uploads_to_start([{ key: 'x', state: 'failed' }, { key: 'a', state: 'waiting' }])).toEqual(['a']);
  });
});

describe('job_document', () => {
  it('names the upload and leaves out what the server decides', () => {
    const chosen = { ...kDefaultChoices, targets: ['es', 'fr'], language: 'en', audio_track: 1 };
    const document = job_document({ upload: 'abc' }, chosen);
    expect(Object.keys(document)).toEqual([
      'upload', 'language', 'targets', 'formats', 'priority', 'audio_track',
    ]);
    expect(document).toMatchObject({ upload: 'abc', targets: ['es', 'fr'], audio_track: 1 });
    expect(job_document({ upload: 'abc' }, kDefaultChoices)).not.toHaveProperty('audio_track');
    expect(job_document({ url: 'https://example.com/a' }, kDefaultChoices)).not.toHaveProperty('upload');
  });
});

describe('an upload', () => {
  it('is sent in parts side by side when it is huge', () => {
    expect(parts_of(kLargest)).toBe(1);
    expect(parts_of(kLargest + 1)).toBe(2);
  });

  it('becomes a job early when there is time for it, and it comes in one row', () => {
    expect([10_000, 8 * 1024 * 1024, kLargest, kLargest + 1].map(may_begin_early)).toEqual([false, true, true, false]);
  });

  it('is named by the end of its address', () => {
    expect(upload_id_of('/api/uploads/abc')).toBe('abc');
    expect(upload_id_of('http://127.0.0.1:5000/api/uploads/abc')).toBe('abc');
  });

  it('says what the server said, or that it did not answer', () => {
    const answer = { getStatus: () => 507, getBody: () => JSON.stringify({ code: 'storage_full', detail: 'Full.' }) };
    const refused = Object.assign(new DetailedError('refused'), { originalResponse: answer as never });
    expect(error_of_transfer(refused)).toMatchObject({ status: 507, code: 'storage_full', detail: 'Full.' });
    expect(error_of_transfer(new DetailedError('gone'))).toMatchObject({ status: 0, code: 'unreachable' });
    expect(error_of_transfer(new Error('gone'))).toMatchObject({ status: 0 });
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
