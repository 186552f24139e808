// Where media comes from besides a chosen file, and who is told of its job: an address that is pasted, webhooks, and an
// upload on which the job begins before all of it is there. In a real browser, on a server that may go to this machine.
//
//   BASE_URL=http://127.0.0.1:5000 MEDIA=talk.mp4 LONG_MEDIA=talk.wav [OUT=folder] [CHROMIUM=path] node sources.mjs
//
// LONG_MEDIA: at least 9 MB that can be read from the front. OUT: gets pictures of each page.
// Exit status: 0 passed, 1 failed, 77 cannot run here (says why).
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { check_every_look, check_width, launch, open_watched } from './checks.mjs';

const base_url = (process.env.BASE_URL ?? process.argv[2] ?? '').replace(/\/$/, '');
const media = process.env.MEDIA ?? process.argv[3] ?? '';
const long_media = process.env.LONG_MEDIA ?? process.argv[4] ?? '';
const out = process.env.OUT ?? process.argv[5] ?? '';
const kJobTimeoutMs = Number(process.env.JOB_TIMEOUT_MS ?? 180_000);
/** Slow enough that there is a half way on the loopback. */
const kUploadBytesPerSecond = 2_000_000;

const foreign = [];
const complaints = [];
let browser;
let axe_source;

/** Another server on this machine: files, some of which go no further than half until `release`, and a receiver of webhooks. */
class OtherServer {
  messages = [];
  answer_status = 204;
  #server = createServer((request, response) => this.#serve(request, response));
  #held = [];

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Sends the rest of what is held. */
  release() {
    for (const finish of this.#held.splice(0)) finish();
  }

  #serve(request, response) {
    if (request.method === 'POST') return this.#receive(request, response);
    if (!request.url.startsWith('/files/')) return response.writeHead(404).end();
    const content = readFileSync(media);
    response.writeHead(200, { 'Content-Length': content.length, 'Content-Type': 'video/mp4' });
    if (!request.url.startsWith('/files/held-')) return response.end(content);
    // Half of it at once, then a byte now and then: the server tells how far it is when something comes.
    let sent = Math.floor(content.length / 2);
    response.write(content.subarray(0, sent));
    const drip = setInterval(() => response.write(content.subarray(sent, (sent += 1))), 200);
    this.#held.push(() => {
      clearInterval(drip);
      response.end(content.subarray(sent));
    });
  }

  #receive(request, response) {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      this.messages.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(this.answer_status).end();
    });
  }
}

const other = new OtherServer();

const open_page = (options = {}) => open_watched(browser, base_url, options, { foreign, complaints });
const check_look = (page, name) => check_every_look(page, name, { axe_source, out });

const button = (page, name) => page.getByRole('button', { name, exact: true });
const card = (page, name) => page.locator('article', { hasText: name });
const list_of = (page, heading) => page.locator('section', { has: page.getByRole('heading', { name: heading, exact: true }) });

/** What Ctrl+V does with this text on the clipboard. */
async function paste(page, text, selector = 'body') {
  await page.locator(selector).evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

const job_row = (page, name) => list_of(page, 'Jobs').locator('article', { hasText: name });
const done = (page, name) => job_row(page, name).getByText('Done', { exact: true }).waitFor({ timeout: kJobTimeoutMs });

async function paste_address(page) {
  await page.goto(base_url);
  await page.getByLabel('Or the address of a file').waitFor();
  await paste(page, 'no address');
  await paste(page, `${other.origin}/files/not-this.mp4`, 'input[type=url]');
  await paste(page, ` ${other.origin}/files/held-talk.mp4\n`);
  const row = job_row(page, 'held-talk.mp4');
  await row.getByText(/The file is being fetched: \d+ %/).waitFor();
  await row.getByRole('progressbar').waitFor();
  assert.equal(await card(page, 'not-this.mp4').count(), 0, 'what is pasted into a field stays there');
  await check_look(page, 'import');
  other.release();
  await done(page, 'held-talk.mp4');
}

async function type_address(page) {
  await page.goto(base_url);
  const field = page.getByLabel('Or the address of a file');
  await field.fill('talk.mp4');
  await page.keyboard.press('Enter');
  await page.getByText('This is no web address.').waitFor();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  await field.fill(`${other.origin}/files/typed.mp4`);
  await page.keyboard.press('Enter');
  await done(page, 'typed.mp4');
}

/** An address that the server may not go to is refused with the reason; one that leads nowhere fails as a job. */
async function wrong_addresses(page) {
  await page.goto(base_url);
  await paste(page, 'http://10.1.2.3/secret.mp4');
  const refused = card(page, 'http://10.1.2.3/secret.mp4');
  await refused.getByRole('alert').getByText('The address must lead to the file itself').waitFor();
  await paste(page, `${other.origin}/nothing.mp4`);
  await card(page, 'nothing.mp4').getByText('Failed', { exact: true }).waitFor({ timeout: 30_000 });
  await check_look(page, 'import-refused');
  await refused.getByRole('button', { name: /^Remove/ }).click();
  await refused.waitFor({ state: 'detached' });
}

async function add_webhook(page) {
  await page.goto(base_url);
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await page.getByText('There are no webhooks yet.').waitFor();
  await page.getByLabel('Address').fill('http://10.1.2.3/hook');
  await button(page, 'Add webhook').click();
  await page.getByRole('alert').filter({ hasText: 'That did not work' }).waitFor();
  await page.getByLabel('Address').fill(`${other.origin}/hook?<b>x</b>`);
  await page.keyboard.press('Enter');
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
  assert.match(secret, /^whsec_/);
  await check_look(page, 'webhooks-secret');
  await button(page, 'Copy').click();
  await button(page, 'Copied').waitFor();
  await page.reload();
  await page.getByRole('button', { name: /^Delete http/ }).waitFor();
  assert.equal(await page.getByLabel('Secret', { exact: true }).count(), 0, 'the secret is shown once');
  return secret;
}

function check_signature({ headers, body }, secret) {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(signed).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${expected}`);
}

/** The end of a job is told, signed with the secret that was shown; the log says so, and it can be sent again. */
async function see_deliveries(page, secret) {
  await page.goto(base_url);
  await page.setInputFiles('input[type=file]', { name: 'told.mp4', mimeType: 'video/mp4', buffer: readFileSync(media) });
  const row = job_row(page, 'told.mp4');
  await row.getByRole('button', { name: 'Cancel' }).click();
  await page.goto(`${base_url}/webhooks`);
  const log = page.getByRole('button', { name: /^Deliveries to/ });
  await log.click();
  await page.getByText('Delivered', { exact: true }).waitFor({ timeout: 30_000 });
  check_signature(other.messages[0], secret);
  assert.equal(JSON.parse(other.messages[0].body).type, 'job.cancelled');
  await page.getByRole('link', { name: 'Job cancelled' }).waitFor();
  other.answer_status = 410;
  await page.getByRole('button', { name: /^Send again/ }).click();
  await page.getByText('Answer 410').waitFor({ timeout: 30_000 });
  assert.equal(other.messages[1].headers['webhook-id'], other.messages[0].headers['webhook-id']);
  await page.reload();
  await page.getByText('Switched off').waitFor();
  await log.click();
  await page.getByText('Answer 410').waitFor();
  await check_look(page, 'webhooks');
  await page.getByRole('button', { name: /^Switch on/ }).click();
  await page.getByText('Switched off').waitFor({ state: 'detached' });
}

async function delete_webhook(page) {
  const trash = page.getByRole('button', { name: /^Delete http/ });
  await trash.click();
  await page.getByText('There are no webhooks yet.').waitFor();
  await page.getByRole('button', { name: /^Undo deleting/ }).click();
  await trash.click();
  await page.waitForResponse((answer) => answer.request().method() === 'DELETE' && answer.status() === 204);
  await page.reload();
  await page.getByText('There are no webhooks yet.').waitFor();
}

/** A page whose line to the server is slow. */
async function open_slow_page() {
  const page = await open_page();
  const debugger_ = await page.context().newCDPSession(page);
  await debugger_.send('Network.enable');
  await debugger_.send('Network.emulateNetworkConditions', {
    offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: kUploadBytesPerSecond,
  });
  return page;
}

async function jobs_of_long_file() {
  const { jobs } = await (await fetch(`${base_url}/api/jobs`)).json();
  return jobs.filter(({ name }) => name === path.basename(long_media));
}

/** Waits until so much of the long file is sent. */
async function wait_sent(page, fraction) {
  await page.waitForFunction(([name, least]) => {
    const bar = document.querySelector(`progress[aria-label="Upload of ${name}"]`);
    return bar && bar.value / bar.max >= least;
  }, [path.basename(long_media), fraction], { timeout: 60_000 });
}

async function job_of_half_an_upload() {
  const name = path.basename(long_media);
  const page = await open_slow_page();
  await page.goto(base_url);
  await page.getByLabel('Or the address of a file').waitFor();
  await page.setInputFiles('input[type=file]', long_media);
  const upload = card(page, name);
  await upload.getByRole('link', { name }).waitFor();
  await wait_sent(page, 0.6);
  await button(page, `Pause upload of ${name}`).click();
  await upload.getByText(/^Paused at/).waitFor();
  await upload.getByText(/Transcribing \d/).waitFor({ timeout: 30_000 });
  assert.equal(await card(page, name).count(), 1, 'one card tells of the upload and of its job');
  await check_look(page, 'arriving');
  const [job, ...more] = await jobs_of_long_file();
  assert.deepEqual(more, [], 'there is one job');
  assert.equal(job.status, 'processing');

  await button(page, `Go on with the upload of ${name}`).click();
  await wait_sent(page, 0.7);
  assert.equal(await card(page, name).count(), 1);

  // The page is loaded anew; the same file goes on in the same upload and the same job.
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  await job_row(page, name).getByText(/Transcribing|choose the file again/).waitFor();
  await page.setInputFiles('input[type=file]', long_media);
  await card(page, name).getByRole('progressbar', { name: `Upload of ${name}` }).waitFor();
  await wait_sent(page, 0.5);
  await done(page, name);
  assert.deepEqual((await jobs_of_long_file()).map(({ id }) => id), [job.id], 'no second job');
  await page.context().close();
}

/** The same file twice is two jobs. */
async function remove_half_of_two_uploads() {
  const name = path.basename(long_media);
  const page = await open_slow_page();
  await page.goto(base_url);
  await page.getByLabel('Or the address of a file').waitFor();
  const before = (await jobs_of_long_file()).length;
  await page.setInputFiles('input[type=file]', long_media);
  await wait_sent(page, 0.2);
  await page.setInputFiles('input[type=file]', long_media);
  for (let looks = 0; (await jobs_of_long_file()).length !== before + 2; looks += 1) {
    assert.ok(looks < 100, 'each has a job');
    await page.waitForTimeout(100);
  }
  await button(page, `Cancel upload of ${name}`).first().click();
  await button(page, `Cancel upload of ${name}`).click();
  await page.getByRole('progressbar', { name: `Upload of ${name}` }).waitFor({ state: 'detached' });
  for (let looks = 0; (await jobs_of_long_file()).length !== before; looks += 1) {
    assert.ok(looks < 100, 'the job goes with its upload');
    await page.waitForTimeout(100);
  }
  await page.context().close();
}

async function check_languages() {
  for (const [locale, heading] of [['th-TH', 'เว็บฮุก'], ['vi-VN', 'Webhook'], ['ru-RU', 'Вебхуки']]) {
    const page = await open_page({ locale, viewport: { width: 320, height: 844 } });
    await page.goto(`${base_url}/webhooks`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await check_width(page, 320, locale);
    if (out) await page.screenshot({ path: path.join(out, `webhooks-${locale}.png`) });
    await page.context().close();
  }
}

async function main() {
  for (const file of [media, long_media]) assert.ok(existsSync(file), `there is no file "${file}"`);
  assert.ok(base_url && statSync(long_media).size > 9_000_000, 'BASE_URL must name a server, LONG_MEDIA a file of 9 MB');
  if (out) mkdirSync(out, { recursive: true });
  ({ browser, axe_source } = await launch());
  await other.start();
  const step = async (name, action) => {
    const result = await action();
    console.log(`ok: ${name}`);
    return result;
  };
  try {
    const page = await open_page();
    await step('a pasted address becomes a job', () => paste_address(page));
    await step('a typed address becomes a job', () => type_address(page));
    await step('wrong addresses say why', () => wrong_addresses(page));
    const secret = await step('a webhook is added, its secret shown once', () => add_webhook(page));
    await step('deliveries are seen and sent again', () => see_deliveries(page, secret));
    await step('a webhook is deleted, with undo', () => delete_webhook(page));
    await step('a job begins on half of an upload', () => job_of_half_an_upload());
    await step('removed uploads take their jobs along', () => remove_half_of_two_uploads());
    await step('webhooks in the language of the browser', () => check_languages());
    assert.deepEqual(foreign, [], 'nothing outside the server is asked for');
    assert.deepEqual(complaints, [], 'the browser has nothing to complain about');
  } finally {
    other.stop();
    await browser.close();
  }
  console.log('PASSED');
}

main().catch((error) => {
  console.error(`FAILED: ${error.message}`);
  process.exit(1);
});
