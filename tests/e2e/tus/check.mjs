// usage: node check.mjs SERVER_URL DATA_FOLDER MODULES_FOLDER
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Readable } from 'node:stream';

const [, , server, data, modules] = process.argv;
const tus = createRequire(path.resolve(modules, 'package.json'))('tus-js-client');
const endpoint = `${server}/api/uploads`;
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const id_of = (url) => url.split('/').pop();
const file_of = (url) => path.join(data, 'uploads', id_of(url));
const same = (url, bytes) => assert.equal(hash(readFileSync(file_of(url))), hash(bytes));

/** Runs an upload to its end; `use` gets it before it starts. */
function upload(source, options, use = () => {}) {
  return new Promise((resolve, reject) => {
    const job = new tus.Upload(source, {
      endpoint,
      retryDelays: [0, 100, 300],
      ...options,
      onError: reject,
      onSuccess: () => resolve(job),
    });
    use(job, resolve);
    job.start();
  });
}

async function head(url) {
  return fetch(url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
}

const tests = {
  async 'whole in one request'() {
    const bytes = randomBytes(3_000_000);
    const done = await upload(bytes, { metadata: { filename: 'Gespräch.mp4', 'empty': '' } });
    same(done.url, bytes);
    const metadata = (await head(done.url)).headers.get('upload-metadata');
    assert.match(metadata, /filename R2VzcHLDpGNoLm1wNA==/);
  },
  async 'in chunks'() {
    const bytes = randomBytes(2_500_001);
    same((await upload(bytes, { chunkSize: 500_000 })).url, bytes);
  },
  async 'with the first bytes at creation'() {
    const bytes = randomBytes(1_000_000);
    same((await upload(bytes, { uploadDataDuringCreation: true })).url, bytes);
    same((await upload(bytes, { uploadDataDuringCreation: true, chunkSize: 300_000 })).url, bytes);
  },
  async 'of a length that is told at the end'() {
    const bytes = randomBytes(1_234_567);
    const source = Readable.from([bytes.subarray(0, 700_000), bytes.subarray(700_000)]);
    same((await upload(source, { uploadLengthDeferred: true, chunkSize: 400_000 })).url, bytes);
  },
  async 'in parallel parts'() {
    const bytes = randomBytes(9_000_000);
    const file = path.join(data, '..', 'parallel.bin');
    writeFileSync(file, bytes);
    for (const parallelUploads of [2, 3, 4]) {
      const done = await upload(createReadStream(file), { parallelUploads, metadata: { filename: 'p.mp4' } });
      same(done.url, bytes);
      const answer = await head(done.url);
      assert.match(answer.headers.get('upload-concat'), /^final;/);
      assert.equal(answer.headers.get('upload-length'), String(bytes.length));
    }
  },
  async 'in parallel parts, paused and resumed'() {
    const bytes = randomBytes(8_000_000);
    const file = path.join(data, '..', 'paused.bin');
    writeFileSync(file, bytes);
    let paused = false;
    const done = await upload(createReadStream(file), {
      parallelUploads: 3,
      chunkSize: 500_000,
      onChunkComplete() {
        if (paused) return;
        paused = true;
        setImmediate(() => current.abort().then(() => current.start()));
      },
    }, (job) => { current = job; });
    assert.ok(paused);
    same(done.url, bytes);
  },
  async 'paused and resumed'() {
    const bytes = randomBytes(4_000_000);
    let aborts = 0;
    const done = await upload(bytes, {
      chunkSize: 1_000_000,
      onChunkComplete() {
        if (++aborts > 2) return;
        setImmediate(() => current.abort().then(() => current.start()));
      },
    }, (job) => { current = job; });
    same(done.url, bytes);
  },
  async 'resumed from its address'() {
    const bytes = randomBytes(3_000_000);
    const url = await new Promise((resolve, reject) => {
      const first = new tus.Upload(bytes, {
        endpoint,
        chunkSize: 1_000_000,
        onChunkComplete: () => first.abort().then(() => resolve(first.url)),
        onError: reject,
      });
      first.start();
    });
    assert.ok(Number((await head(url)).headers.get('upload-offset')) >= 1_000_000);
    const done = await upload(bytes, { uploadUrl: url });
    assert.equal(done.url, url);
    same(url, bytes);
  },
  async 'terminated'() {
    const bytes = randomBytes(2_000_000);
    const url = await new Promise((resolve, reject) => {
      const first = new tus.Upload(bytes, {
        endpoint,
        chunkSize: 500_000,
        onChunkComplete: () => first.abort(true).then(() => resolve(first.url), reject),
        onError: reject,
      });
      first.start();
    });
    assert.equal((await head(url)).status, 404);
    assert.equal(existsSync(file_of(url)), false);
    const done = await upload(bytes, {});
    await tus.Upload.terminate(done.url);
    assert.equal((await head(done.url)).status, 404);
  },
  async 'with the method in a header'() {
    const bytes = randomBytes(500_000);
    same((await upload(bytes, { overridePatchMethod: true })).url, bytes);
  },
  async 'becomes a job'() {
    const done = await upload(Buffer.from('no media, but complete'), { metadata: { filename: 'a.mp4' } });
    const send = () => fetch(`${server}/api/jobs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ upload: id_of(done.url) }),
    });
    const answer = await send();
    assert.equal(answer.status, 415);
    assert.equal((await answer.json()).code, 'unsupported_media');
  },
};

let current;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok   ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL ${name}: ${error.stack ?? error}`);
  }
}
console.log(`${Object.keys(tests).length - failed} of ${Object.keys(tests).length} passed`);
process.exit(failed ? 1 : 0);
