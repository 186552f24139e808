// The requests of Bazarr, whisper.cpp's and LibreTranslate's clients, with nothing but fetch: plain.mjs URL FOLDER
import assert from 'node:assert/strict';
import { assert_text, expected, run, sound, text_of_srt, url } from './expect.mjs';

const form_of = (part, content, name, fields = {}) => {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append(part, new Blob([content]), name);
  return form;
};
const post = (path, body, headers = {}) => fetch(url + path, { method: 'POST', body, headers });
const post_json = (path, value) => post(path, JSON.stringify(value), { 'content-type': 'application/json' });

async function refused(answer, status, member) {
  assert.equal(answer.status, status, await answer.clone().text());
  const document = await answer.json();
  assert.deepEqual(Object.keys(document), [member]);
  assert.ok(document[member].length > 10);
  return document[member];
}

const asr = (query, content = sound('english.raw')) => post(`/asr?${query}`, form_of('audio_file', content, 'audio_file'));
const inference = (fields, content = sound('english.wav')) => post('/inference', form_of('file', content, 'a.wav', fields));
const translate = (fields) => post_json('/translate', { source: 'en', target: 'es', ...fields });

await run({
  async 'Bazarr: detect the language'() {
    const answer = await post('/detect-language?encode=false&video_file=film.mkv',
      form_of('audio_file', sound('spanish.raw'), 'audio_file'));
    assert.equal(answer.status, 200, await answer.clone().text());
    const { detected_language, language_code, confidence } = await answer.json();
    assert.equal(detected_language, 'spanish');
    assert.equal(language_code, 'es');
    assert.ok(confidence > 0.3 && confidence <= 1, `${confidence}`);
  },
  async 'Bazarr: transcribe'() {
    const answer = await asr('task=transcribe&language=en&output=srt&encode=false&video_file=film.mkv');
    assert.equal(answer.status, 200, await answer.clone().text());
    const srt = await answer.text();
    assert.match(srt, /^1\r?\n\d\d:\d\d:\d\d,\d{3} --> /);
    assert_text(text_of_srt(srt), expected.english);
  },
  async 'Bazarr: translate'() {
    const answer = await asr('task=translate&language=es&output=srt&encode=false', sound('spanish.raw'));
    assert.equal(answer.status, 200, await answer.clone().text());
    assert_text(text_of_srt(await answer.text()), expected.meaning);
  },
  async 'whisper-asr-webservice: other outputs, and a file with a head'() {
    for (const output of ['txt', 'vtt', 'tsv', 'json']) {
      const answer = await asr(`output=${output}&language=english&word_timestamps=true`, sound('english.wav'));
      assert.equal(answer.status, 200);
      const text = await answer.text();
      if (output === 'txt') assert_text(text, expected.english);
      if (output === 'vtt') assert.match(text, /^WEBVTT/);
      if (output === 'tsv') assert.match(text, /^start\tend\ttext\n\d+\t\d+\t/);
      if (output === 'json') {
        const result = JSON.parse(text);
        assert_text(result.text, expected.english);
        assert.equal(result.language, 'en');
        assert.ok(result.segments[0].words.length > 0);
      }
    }
  },
  async 'whisper-asr-webservice: no failure is a success'() {
    await refused(await asr('output=srt&language=xx&encode=false'), 400, 'detail');
    await refused(await asr('output=doc'), 400, 'detail');
    await refused(await asr('output=srt&encode=perhaps'), 400, 'detail');
    await refused(await asr('output=srt&encode=false', Buffer.alloc(0)), 400, 'detail');
    await refused(await asr('output=srt', Buffer.from('no sound at all')), 415, 'detail');
    const silence = form_of('audio_file', Buffer.alloc(64_000), 'audio_file');
    await refused(await post('/detect-language?encode=false', silence), 400, 'detail');
    await refused(await fetch(`${url}/asr`), 405, 'detail');
  },
  async 'whisper.cpp: inference'() {
    const json = await (await inference({ temperature: '0.0', temperature_inc: '0.2', response_format: 'json' })).json();
    assert.deepEqual(Object.keys(json), ['text']);
    assert_text(json.text, expected.english);
    assert_text(await (await inference({ response_format: 'text', language: 'en' })).text(), expected.english);
    assert_text(text_of_srt(await (await inference({ response_format: 'srt' })).text()), expected.english);
    assert.match(await (await inference({ response_format: 'vtt' })).text(), /^WEBVTT/);
    const verbose = await (await inference({ response_format: 'verbose_json', beam_size: '5', best_of: '2' })).json();
    assert.equal(verbose.language, 'english');
    assert.ok(verbose.segments[0].words[0].probability > 0);
    const translated = await inference({ translate: 'true', language: 'auto' }, sound('spanish.wav'));
    assert_text((await translated.json()).text, expected.meaning);
  },
  async 'whisper.cpp: a part of the sound'() {
    const half = Math.round((expected.english_s / 2) * 1000);
    const front = await (await inference({ duration: `${half}`, response_format: 'verbose_json' })).json();
    const back = await (await inference({ offset_t: `${half}`, response_format: 'verbose_json' })).json();
    assert.ok(front.segments.at(-1).end <= half / 1000 + 0.1);
    assert.ok(back.segments[0].start >= half / 1000 - 0.1);
    const words = expected.english.split(' ').length;
    const heard = front.text.split(' ').length + back.text.split(' ').length;
    assert.ok(Math.abs(heard - words) <= 2, `${front.text} | ${back.text}`);
  },
  async 'whisper.cpp: what is not offered is refused'() {
    await refused(await inference({ tinydiarize: 'true' }), 400, 'error');
    await refused(await inference({ detect_language: 'true' }), 400, 'error');
    await refused(await inference({ max_len: '1' }), 400, 'error');
    await refused(await inference({ beam_size: 'many' }), 400, 'error');
    await refused(await inference({ response_format: 'lrc' }), 400, 'error');
  },
  async 'whisper.cpp: load and health'() {
    const load = (model) => {
      const form = new FormData();
      form.append('model', model);
      return post('/load', form);
    };
    assert.equal((await load('models/ggml-test-words.bin')).status, 200);
    assert_text((await (await inference({})).json()).text, expected.english);
    await refused(await load('models/ggml-none-such.bin'), 400, 'error');
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok' });
  },
  async 'LibreTranslate: languages'() {
    const languages = await (await fetch(`${url}/languages`)).json();
    const english = languages.find((language) => language.code === 'en');
    assert.equal(english.name, 'English');
    assert.ok(english.targets.includes('es') && english.targets.includes('th'));
  },
  async 'LibreTranslate: texts and lists'() {
    const one = await translate({ q: expected.sentence, format: 'text', api_key: '' });
    assert.deepEqual(await one.json(), { translatedText: expected.sentence_es });
    const many = await translate({ q: [expected.sentence, '', `\n ${expected.sentence}\n`], alternatives: 2 });
    assert.deepEqual(await many.json(), {
      translatedText: [expected.sentence_es, '', `\n ${expected.sentence_es}\n`],
      alternatives: [[], [], []],
    });
    const fields = new URLSearchParams({ q: expected.sentence, source: 'en', target: 'es' });
    assert.equal((await (await post('/translate', fields)).json()).translatedText, expected.sentence_es);
  },
  async 'LibreTranslate: the source is told'() {
    const { translatedText, detectedLanguage } = await (await translate({
      q: 'This is a sentence in the English language.', source: 'auto' })).json();
    assert.ok(translatedText.length > 0);
    assert.equal(detectedLanguage.language, 'en');
    assert.ok(detectedLanguage.confidence > 80 && detectedLanguage.confidence <= 100);
  },
  async 'LibreTranslate: tags stay'() {
    const words = expected.sentence.split(' ');
    const q = `<div class="a">\n<p>${words[0]} <a href="x.html?a=1&amp;b=2">${words[1]}</a></p><br><!-- note -->` +
      `<script>var word = "<p>";</script><img src='y'> &amp;</div>`;
    const { translatedText } = await (await translate({ q, format: 'html' })).json();
    assert.match(translatedText, /^<div class="a">\n<p>.*<a href="x.html\?a=1&amp;b=2">.*<\/a>.*<\/p><br><!-- note -->/);
    assert.match(translatedText, /<script>var word = "<p>";<\/script>/);
    assert.match(translatedText, /<img src='y'>/);
    assert.match(translatedText, /&amp;<\/div>$/);
  },
  async 'LibreTranslate: detect'() {
    const guesses = await (await post_json('/detect', { q: 'Das ist ein Satz in deutscher Sprache.' })).json();
    assert.equal(guesses[0].language, 'de');
    assert.ok(guesses[0].confidence > 80);
  },
  async 'LibreTranslate: what is asked wrongly is told'() {
    assert.match(await refused(await translate({}), 400, 'error'), /missing q/);
    assert.match(await refused(await translate({ q: 'a', source: '' }), 400, 'error'), /missing source/);
    await refused(await translate({ q: 'a', target: 'tlh' }), 400, 'error');
    await refused(await translate({ q: 'a', format: 'pdf' }), 400, 'error');
    assert.match(await refused(await translate({ q: 'word '.repeat(5_000) }), 400, 'error'), /exceeds text limit/);
    await refused(await translate({ q: Array(501).fill('a') }), 400, 'error');
    await refused(await post('/translate', '{"q": ', { 'content-type': 'application/json' }), 400, 'error');
  },
  async 'LibreTranslate: files'() {
    const send = (name, text) => post('/translate_file', form_of('file', Buffer.from(text), name, { source: 'en', target: 'es' }));
    const fetched = async (answer) => {
      assert.equal(answer.status, 200, await answer.clone().text());
      const file = await fetch((await answer.json()).translatedFileUrl);
      assert.match(file.headers.get('content-disposition'), /attachment/);
      return file.text();
    };
    assert.equal(await fetched(await send('a.txt', `${expected.sentence}\n`)), `${expected.sentence_es}\n`);
    const cues = (text) => `1\n00:00:01,000 --> 00:00:02,500\n${text}\n\n2\n00:00:10,000 --> 00:00:12,000\n${text}\n\n`;
    assert.equal(await fetched(await send('a.srt', cues(expected.sentence))), cues(expected.sentence_es));
    await refused(await send('a.docx', 'x'), 400, 'error');
    await refused(await fetch(`${url}/download_file/none.txt`), 404, 'error');
  },
});
