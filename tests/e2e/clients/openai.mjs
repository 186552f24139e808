// OpenAI's own SDK against the server: openai.mjs URL FOLDER
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';
import { assert_text, expected, jobs_here, run, sound, text_of_srt, url, wait_for } from './expect.mjs';

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'anything', maxRetries: 0 });
const english = () => toFile(sound('english.wav'), 'english.wav', { type: 'audio/wav' });
const spanish = () => toFile(sound('spanish.wav'), 'spanish.wav');
const long = () => toFile(sound('long.wav'), 'long.wav');
const transcribe = async (options = {}, more = {}) =>
  client.audio.transcriptions.create({ file: await english(), model: 'whisper-1', ...options }, more);

async function refused(promise, type, status, fields = {}) {
  const error = await promise.then(
    (answer) => assert.fail(`expected an error, got ${JSON.stringify(answer)}`),
    (thrown) => thrown,
  );
  assert.ok(error instanceof type, `expected ${type.name}, got ${error.name}: ${error.message}`);
  assert.equal(error.status, status);
  assert.ok(error.error.message.length > 10, 'a message');
  assert.equal(typeof error.type, 'string');
  assert.ok('param' in error.error && 'code' in error.error);
  assert.ok(error.requestID, 'x-request-id');
  for (const [name, value] of Object.entries(fields)) assert.equal(error[name], value, name);
  return error;
}

await run({
  async 'models are listed and shown'() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes('whisper-1') && ids.includes('test-words'), ids.join());
    assert.equal((await client.models.retrieve('test-words')).object, 'model');
    await refused(client.models.retrieve('none-such'), OpenAI.NotFoundError, 404, { code: 'model_not_found' });
  },
  async 'json'() {
    const answer = await transcribe();
    assert_text(answer.text, expected.english);
    assert.deepEqual(answer.usage, { type: 'duration', seconds: Math.ceil(expected.english_s) });
    assert.ok(answer._request_id);
  },
  async 'language, prompt, temperature and a named model'() {
    const answer = await transcribe({
      model: 'test-words', language: 'en', prompt: 'summer winter', temperature: 0.2,
      chunking_strategy: { type: 'server_vad' }, include: ['logprobs'],
    });
    assert.ok(answer.text.length > 5);
  },
  async 'text'() {
    assert_text(await transcribe({ response_format: 'text' }), expected.english);
  },
  async 'srt'() {
    const srt = await transcribe({ response_format: 'srt' });
    assert.match(srt, /^1\r?\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\r?\n/);
    assert_text(text_of_srt(srt), expected.english);
  },
  async 'vtt'() {
    const vtt = await transcribe({ response_format: 'vtt' });
    assert.match(vtt, /^WEBVTT\n/);
    assert_text(text_of_srt(vtt.split('\n\n').slice(1).join('\n\n')), expected.english);
  },
  async 'verbose_json has segments and no words'() {
    const answer = await transcribe({ response_format: 'verbose_json' });
    assert.equal(answer.task, 'transcribe');
    assert.equal(answer.language, 'english');
    assert.ok(Math.abs(answer.duration - expected.english_s) < 0.2, `${answer.duration}`);
    assert.ok(!('words' in answer));
    assert_text(answer.segments.map((segment) => segment.text).join(''), answer.text);
    let at = 0;
    answer.segments.forEach((segment, i) => {
      assert.equal(segment.id, i);
      assert.ok(segment.start >= at && segment.end >= segment.start);
      at = segment.end;
      assert.ok(segment.tokens.length > 0 && segment.tokens.every(Number.isInteger));
      assert.ok(segment.avg_logprob <= 0 && segment.compression_ratio > 0);
      assert.ok(segment.no_speech_prob >= 0 && segment.no_speech_prob <= 1);
      for (const name of ['seek', 'temperature']) assert.equal(typeof segment[name], 'number', name);
    });
  },
  async 'granularities'() {
    const words = await transcribe({ response_format: 'verbose_json', timestamp_granularities: ['word'] });
    assert.ok(!('segments' in words));
    assert_text(words.words.map((word) => word.word).join(' '), expected.english);
    for (const word of words.words) {
      assert.doesNotMatch(word.word, /\s/);
      assert.ok(word.end >= word.start && word.start >= 0);
    }
    const both = await transcribe({ response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
    assert.ok(both.words.length > 0 && both.segments.length > 0);
    const segments = await transcribe({ response_format: 'verbose_json', timestamp_granularities: ['segment'] });
    assert.ok(segments.segments.length > 0 && !('words' in segments));
    await refused(transcribe({ timestamp_granularities: ['word'] }), OpenAI.BadRequestError, 400, {
      param: 'timestamp_granularities',
    });
  },
  async 'stream'() {
    let text = '';
    let done = null;
    const file = await long();
    for await (const event of await client.audio.transcriptions.create({ file, model: 'whisper-1', stream: true })) {
      assert.equal(done, null, 'nothing follows the end');
      if (event.type === 'transcript.text.delta') text += event.delta;
      else if (event.type === 'transcript.text.done') done = event;
      else assert.fail(event.type);
    }
    assert.equal(done.text, text);
    assert_text(text, expected.long);
    assert.equal(done.usage.type, 'duration');
  },
  async 'the language is told, and translations are English'() {
    const heard = await client.audio.transcriptions.create({
      file: await spanish(), model: 'whisper-1', response_format: 'verbose_json',
    });
    assert.equal(heard.language, 'spanish');
    assert_text(heard.text, expected.spanish);
    const english_text = await client.audio.translations.create({ file: await spanish(), model: 'whisper-1' });
    assert_text(english_text.text, expected.meaning);
    const verbose = await client.audio.translations.create({
      file: await spanish(), model: 'whisper-1', response_format: 'verbose_json',
    });
    assert.equal(verbose.language, 'english');
    assert.equal(verbose.task, 'translate');
    assert.ok(verbose.segments.length > 0);
  },
  async 'what is asked wrongly is told'() {
    const bad = (options, fields) => refused(transcribe(options), OpenAI.BadRequestError, 400, fields);
    await bad({ response_format: 'xml' }, { param: 'response_format', type: 'invalid_request_error' });
    await bad({ response_format: 'diarized_json' }, { param: 'response_format', code: 'unsupported' });
    await bad({ temperature: 2 }, { param: 'temperature' });
    await bad({ language: '!' }, { param: 'language' });
    await bad({ stream: true, response_format: 'srt' }, { param: 'stream' });
    await bad({ timestamp_granularities: ['page'] }, { param: 'timestamp_granularities' });
    await bad({ chunking_strategy: 'never' }, { param: 'chunking_strategy' });
    await bad({ file: await toFile(Buffer.from('no sound at all'), 'a.mp3') }, { code: 'unsupported_media' });
    await bad({ file: await toFile(Buffer.alloc(0), 'a.wav') }, { param: 'file' });
    await refused(transcribe({ model: 'none-such' }), OpenAI.NotFoundError, 404, {
      code: 'model_not_found', param: 'model',
    });
    await refused(client.get('/none/such'), OpenAI.NotFoundError, 404);
    await refused(client.get('/audio/transcriptions'), OpenAI.APIError, 405);
    await refused(client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' }),
      OpenAI.BadRequestError, 400, { code: 'voices_not_available' });
    // A page of another site can send a form, but no key without being asked first.
    const elsewhere = client.withOptions({ defaultHeaders: { Origin: 'http://elsewhere.example', Authorization: null } });
    await refused(elsewhere.audio.translations.create({ file: await english(), model: 'whisper-1' }),
      OpenAI.PermissionDeniedError, 403);
    const huge = Buffer.alloc(65 << 20);
    await refused(transcribe({ file: await toFile(huge, 'huge.wav') }), OpenAI.APIError, 413);
  },
  async 'equal requests share their work'() {
    const options = { language: 'en', prompt: 'twins' };
    const answers = await Promise.all([transcribe(options), transcribe(options), transcribe(options)]);
    assert.ok(answers.every((answer) => answer.text === answers[0].text));
    const again = await transcribe({ ...options, response_format: 'verbose_json' });
    assert.equal(again.text, answers[0].text);
    const jobs = (await jobs_here()).filter((job) => job.origin === 'openai' && job.prompt === 'twins');
    assert.equal(jobs.length, 1, 'one job for four requests');
  },
  async 'a client that goes away stops its job within a second, and finds its work again'() {
    const controller = new AbortController();
    const options = { file: await long(), language: 'en', prompt: 'gone' };
    const mine = async (state) =>
      (await jobs_here()).find((job) => job.prompt === 'gone' && (!state || job.status === state));
    const request = transcribe(options, { signal: controller.signal });
    request.catch(() => {});
    await wait_for(() => mine('processing'), 'the job runs');
    controller.abort();
    const gone = Date.now();
    await assert.rejects(request, OpenAI.APIUserAbortError);
    await wait_for(() => mine('cancelled'), 'the job is cancelled', 5_000);
    assert.ok(Date.now() - gone < 1_500, `${Date.now() - gone} ms`);
    const { id } = await mine();
    const answer = await transcribe({ ...options, file: await long() });
    assert_text(answer.text, expected.long);
    assert.equal((await mine()).id, id, 'the same job');
  },
  async 'a short request does not wait for a long one'() {
    const form = new FormData();
    form.append('language', 'en');
    form.append('file', new Blob([sound('longest.wav')]), 'longest.wav');
    const { id } = await (await fetch(`${url}/api/jobs`, { method: 'POST', body: form })).json();
    const shown = async () => (await fetch(`${url}/api/jobs/${id}`)).json();
    await wait_for(async () => (await shown()).status === 'processing', 'the long job runs');
    assert_text((await transcribe({ prompt: 'short' })).text, expected.english);
    assert.equal((await shown()).status, 'processing', 'the only worker is still at the long one');
    await fetch(`${url}/api/jobs/${id}`, { method: 'DELETE' });
  },
  async 'more than may wait are told to come back'() {
    const file = await long();
    const waiting = ['a', 'b', 'c'].map((prompt) => transcribe({ file, prompt }));
    const waits = (prompt) => jobs_here().then((jobs) => jobs.some((job) => job.prompt === prompt));
    for (const prompt of ['a', 'b', 'c']) await wait_for(() => waits(prompt), `${prompt} waits`);
    const error = await refused(transcribe({ prompt: 'd' }), OpenAI.InternalServerError, 503);
    assert.ok(Number(error.headers.get('retry-after')) >= 1);
    await Promise.all(waiting);
  },
  async 'answered jobs are deleted'() {
    await wait_for(async () => (await jobs_here()).every((job) => job.origin === ''), 'no such job is left', 60_000);
  },
});
