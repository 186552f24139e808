// What the scripts of this folder share.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { join } from 'node:path';

export const [url, folder] = process.argv.slice(2);

/** Texts of the sounds in `folder`, made by clients_test.cpp. */
export const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

export const sound = (name) => readFileSync(join(folder, name));

const words_of = (text) => text.toLowerCase().replace(/[.,!?]/g, '').split(/\s+/).filter(Boolean);

/** Most words are the same: the model that listens is small. */
export function assert_text(got, wanted) {
  const heard = words_of(got);
  const said = words_of(wanted);
  const right = said.filter((word) => heard.includes(word)).length;
  assert.ok(right >= said.length * 0.85, `expected about "${wanted}", got "${got}"`);
  assert.ok(Math.abs(heard.length - said.length) <= Math.max(2, said.length * 0.06), `expected about "${wanted}", got "${got}"`);
}

export const text_of_srt = (srt) => srt.split('\n').filter((line) => line && !/^\d+$|-->|^WEBVTT|^NOTE/.test(line)).join(' ');

/** Tries again until `look` gives something, for at most `limit_ms`. */
export async function wait_for(look, what, limit_ms = 20_000) {
  const until = Date.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < until, `not within ${limit_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const jobs_here = async () => (await (await fetch(`${url}/api/jobs`)).json()).jobs;

const note = (line) => appendFileSync(join(folder, 'steps.txt'), `${line}\n`);

/** Runs the steps one after the other, and writes how each went into `steps.txt` of the folder. */
export async function run(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
      note(`ok: ${name}`);
    } catch (error) {
      note(`FAILED: ${name}\n${inspect(error)}`);
      process.exitCode = 1;
    }
  }
  note('all steps were taken');
}
