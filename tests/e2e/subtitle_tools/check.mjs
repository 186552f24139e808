// Reads every sample with parsers that voxlate did not write and compares the cues: count, times, text.
// usage: node check.mjs SAMPLES_FOLDER MODULES_FOLDER
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [samples, modules] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), 'package.json'));
const { WebVTTParser } = require('webvtt-parser');
const { parseSync } = require('subtitle');

let failures = 0;
const fail = (file, message) => {
  failures += 1;
  console.error(`${file}: ${message}`);
};

/** The text of a cue as a browser shows it. */
function vttText(tree) {
  return tree.children.map((node) => (node.type === 'text' ? node.value : vttText(node))).join('');
}

// webvtt-parser 2.2.0 looks its own table's names ("&amp", without ";") up wrongly, so it gets one that is right.
const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

function readVtt(file, text) {
  const { cues, errors } = new WebVTTParser(entities).parse(text, 'subtitles/captions/descriptions');
  for (const error of errors) fail(file, `line ${error.line}: ${error.message}`);
  return cues.map((cue) => ({
    begin_ms: Math.round(cue.startTime * 1000),
    end_ms: Math.round(cue.endTime * 1000),
    text: vttText(cue.tree),
  }));
}

function readSrt(text) {
  return parseSync(text)
    .filter((node) => node.type === 'cue')
    .map((node) => ({ begin_ms: node.data.start, end_ms: node.data.end, text: node.data.text }));
}

function compare(file, expected, got, arrow) {
  if (got.length !== expected.length) fail(file, `expected ${expected.length} cues, got ${got.length}`);
  expected.forEach((cue, i) => {
    const want = { begin_ms: cue.begin_ms, end_ms: cue.end_ms, text: cue.lines.join('\n').replace('ARROW', arrow) };
    if (JSON.stringify(want) !== JSON.stringify(got[i])) {
      fail(file, `cue ${i}: expected ${JSON.stringify(want)}, got ${JSON.stringify(got[i])}`);
    }
  });
}

const names = readdirSync(samples).filter((name) => name.endsWith('.cues.json'));
let cues = 0;
for (const name of names) {
  const stem = name.replace('.cues.json', '');
  const expected = JSON.parse(readFileSync(join(samples, name), 'utf8'));
  cues += expected.length;
  compare(`${stem}.vtt`, expected, readVtt(`${stem}.vtt`, readFileSync(join(samples, `${stem}.vtt`), 'utf8')), '-->');
  compare(`${stem}.srt`, expected, readSrt(readFileSync(join(samples, `${stem}.srt`), 'utf8')), '\u2192');
}
if (names.length < 10) fail(samples, `expected samples, got ${names.length}`);
console.log(`${names.length} samples, ${cues} cues, ${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
