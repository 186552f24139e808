// The page of the system, in a real browser: figures that go on by themselves, alerts, advice and what it does.
//
//   BASE_URL=http://127.0.0.1:5000 MEDIA=talk.mp4 [TIGHT=1] [OUT=folder] [CHROMIUM=path] node system.mjs
//
// Without TIGHT the server computes with one worker (`workers.count=1`), so that there is advice on it, and no disk has
// enough room for it (`alerts.disk_free_bytes`). With it, memory is short (a small `memory.limit_bytes`): nothing but
// cleaning is tested then.
// OUT: gets pictures. Exit status: 0 passed, 1 failed, 77 cannot run here (says why).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { check_every_look, check_width, launch, open_watched } from './checks.mjs';

const base_url = (process.env.BASE_URL ?? process.argv[2] ?? '').replace(/\/$/, '');
const media = process.env.MEDIA ?? process.argv[3] ?? '';
const tight = process.env.TIGHT === '1';
const out = process.env.OUT ?? '';
const kJobTimeoutMs = Number(process.env.JOB_TIMEOUT_MS ?? 180_000);

const foreign = [];
const complaints = [];
let browser;
let axe_source;

const button = (page, name) => page.getByRole('button', { name, exact: true });
const chart = (page, name) => page.locator('section.card', { has: page.getByRole('heading', { level: 3, name, exact: true }) });

async function ask(address) {
  const answer = await fetch(`${base_url}${address}`);
  assert.equal(answer.status, 200, address);
  return answer.json();
}

const open_page = (options = {}) => open_watched(browser, base_url, options, { foreign, complaints });
const check_look = (page, name) => check_every_look(page, name, { axe_source, out });

/** The cell under "Now" of a line of a chart. */
const now_cell = (page, heading, line) => chart(page, heading).getByRole('row', { name: line }).locator('td').first();

/** The script of the page comes with the page; the start page does without. */
async function open_system(page) {
  await page.goto(base_url);
  await page.getByText('Drop video or audio here').waitFor();
  const loaded = () => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.deepEqual((await loaded()).filter((name) => name.includes('SystemPage')), [], 'charts are not loaded before');
  await page.getByRole('link', { name: 'System', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
  assert.ok((await loaded()).some((name) => name.includes('SystemPage')), 'they are loaded then');
}

async function shows_figures(page) {
  for (const [heading, line] of [['Processor', 'Whole machine'], ['Memory', 'In use'], ['Jobs', 'Running']]) {
    await page.waitForFunction((cell) => /\d/.test(cell.textContent), await now_cell(page, heading, line).elementHandle());
    await chart(page, heading).locator('canvas').waitFor();
  }
  const { memory, gpus } = await ask('/api/system/status');
  const shown = Number.parseFloat(await now_cell(page, 'Memory', 'In use').innerText());
  assert.ok(Math.abs(shown - memory.percent) < 15, `memory: ${shown} on the page, ${memory.percent} says the server`);
  assert.equal(await chart(page, 'Graphics card').count(), gpus.length > 0 ? 1 : 0, 'a chart of the GPU where there is one');
  await page.getByText(/^From \d+% on \(dotted line\)/).waitFor();
}

/** A job that starts elsewhere is seen without a reload, and then how fast it was. */
async function goes_on_by_itself(page) {
  await page.getByText('No job has run since').or(page.getByText('Looking at the media')).first().waitFor();
  const uploader = await open_page();
  await uploader.goto(base_url);
  await uploader.setInputFiles('input[type=file]', media);
  await page.waitForFunction(
    (cell) => Number(cell.textContent) >= 1,
    await chart(page, 'Jobs').getByRole('row', { name: 'Running' }).locator('td').last().elementHandle(),
    { timeout: 30_000 },
  );
  const row = page.getByRole('row', { name: /^Transcribing .*×/ });
  await row.waitFor({ timeout: kJobTimeoutMs });
  const { stages } = await ask('/api/performance/timings');
  const factor = stages.find(({ stage }) => stage === 'transcribe').real_time_factor;
  const speed = Number.parseFloat((await row.locator('td').first().innerText()).replace(',', ''));
  assert.ok(Math.abs(speed * factor - 1) < 0.1, `${speed} times as fast, ${factor} seconds a second`);
  await uploader.context().close();
}

async function by_keyboard(page) {
  const plot = page.getByRole('slider', { name: 'Memory: look at a time' });
  await plot.focus();
  assert.match(await plot.getAttribute('aria-valuetext'), /arrow keys/);
  await page.keyboard.press('ArrowLeft');
  assert.match(await plot.getAttribute('aria-valuetext'), /^\d+:\d\d:\d\d [AP]M: In use \d/);
  assert.match(await chart(page, 'Memory').locator('thead').innerText(), /\d+:\d\d:\d\d/);
  await page.keyboard.press('Escape');
  assert.match(await chart(page, 'Memory').locator('thead').innerText(), /Now/);
}

async function change_range(page) {
  for (const [name, range] of [['6 hours', '6h'], ['7 days', '7d'], ['15 minutes', '15m']]) {
    const answer = page.waitForResponse((response) => response.url().endsWith(`history?range=${range}`));
    await button(page, name).click();
    assert.equal((await answer).status(), 200);
    assert.equal(await button(page, name).getAttribute('aria-pressed'), 'true');
    await page.waitForFunction((cell) => /\d/.test(cell.textContent), await now_cell(page, 'Memory', 'In use').elementHandle());
  }
}

async function shows_alert(page) {
  const [kind, text] = tight
    ? ['memory', /^Memory use is [\d.]+%, above 40%\.$/]
    : ['disk_space', /^The disk of the data folder has .+ left, less than 990 TB\.$/];
  await page.getByText(text).waitFor({ timeout: 30_000 });
  const { alerts } = await ask('/api/system/status');
  assert.ok(alerts.some((alert) => alert.kind === kind), 'as the server says');
}

const advice_card = (page, title) => page.locator('article', { hasText: title });

/** There are four groups; what fits the server is applied and is no advice any more. */
async function applies_advice(page) {
  const { recommendations } = await ask('/api/performance/optimization');
  const plan = recommendations.find(({ id }) => id === 'follow-worker-plan');
  assert.ok(plan?.can_apply, 'there is advice on the workers');
  for (const group of ['memory', 'cpu', 'cache', 'threading']) await page.locator(`#advice-${group}`).waitFor();
  const card = advice_card(page, /Run \d+ stage tasks? at once/).first();
  await card.getByText('Tasks at once now').waitFor();
  await card.getByRole('button', { name: /^Apply/ }).click();
  await page.getByText('stage tasks run at once, until the server is started again.').waitFor();
  await card.waitFor({ state: 'detached' });
  const { workers } = await ask('/api/performance');
  assert.equal(workers.limit, plan.evidence.optimal_workers, 'the server follows it');
}

async function frees_cache(page) {
  const { caches } = await ask('/api/caches');
  for (const { entries } of caches) assert.equal(typeof entries, 'number');
  const buttons = page.getByRole('button', { name: /^Free the cache:/ });
  assert.equal(await buttons.count(), caches.length, 'one button for each cache');
}

async function shows_settings(page) {
  await page.getByText('Settings in effect').click();
  const row = page.getByRole('row', { name: /workers\.count/ });
  assert.match(await row.innerText(), /1\s+Flag/);
}

/** What a clean-up gave back is said in the figures of the server, and stands among the last ones. */
async function frees_memory(page) {
  const card = advice_card(page, 'Free memory now');
  await card.getByText('Memory in use', { exact: true }).waitFor();
  const answered = page.waitForResponse((response) => response.url().endsWith('/optimize'));
  await card.getByRole('button', { name: /^Apply/ }).click();
  const { freed_bytes } = await (await answered).json();
  const note = page.getByText(/ freed\. Memory in use before: [\d.]+%, now: [\d.]+%\./);
  await note.waitFor();
  const [, figure, unit] = /^([\d.]+) (byte|kB|MB|GB) freed/.exec(await note.innerText());
  const scale = { byte: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  assert.ok(Math.abs(Number(figure) * scale - freed_bytes) <= 0.5 * scale + 0.05 * freed_bytes, `${figure} ${unit} of ${freed_bytes}`);
  await page.waitForFunction(() => document.activeElement?.textContent.includes(' freed.'));
  await page.getByText('Last clean-ups').click();
  await page.getByText('(somebody asked for it)').first().waitFor();
}

async function check_languages() {
  const words = { th: 'หน่วยประมวลผล', vi: 'Bộ xử lý', ru: 'Процессор' };
  for (const [locale, word] of Object.entries(words)) {
    const page = await open_page({ locale, viewport: { width: 320, height: 844 } });
    await page.goto(`${base_url}/system`);
    await page.getByRole('heading', { level: 3, name: word }).first().waitFor();
    await page.locator('canvas').first().waitFor();
    await check_width(page, 320, locale);
    await page.context().close();
  }
}

async function step(name, action) {
  const begin = performance.now();
  await action();
  console.log(`${name}: ${Math.round(performance.now() - begin)} ms`);
}

async function main() {
  assert.ok(base_url && (tight || existsSync(media)), 'usage: BASE_URL=... MEDIA=file node system.mjs');
  if (out) mkdirSync(out, { recursive: true });
  ({ browser, axe_source } = await launch());
  try {
    const page = await open_page();
    await step('the page opens', () => open_system(page));
    await step('figures are shown', () => shows_figures(page));
    await step('an alert is shown', () => shows_alert(page));
    if (tight) {
      await step('memory is cleaned', () => frees_memory(page));
      await step('it looks well when memory is short', () => check_look(page, 'system-tight'));
    } else {
      await step('it goes on by itself', () => goes_on_by_itself(page));
      await step('charts are read by keyboard', () => by_keyboard(page));
      await step('ranges', () => change_range(page));
      await step('it looks well', () => check_look(page, 'system'));
      await step('advice is applied', () => applies_advice(page));
      await step('caches', () => frees_cache(page));
      await step('settings', () => shows_settings(page));
      await step('it looks well afterwards', () => check_look(page, 'system-open'));
      await step('speaks the language of the browser', () => check_languages());
    }
    assert.deepEqual(foreign, [], 'nothing outside the server is asked for');
    assert.deepEqual(complaints, [], 'the browser has nothing to complain about');
  } finally {
    await browser.close();
  }
  console.log('PASSED');
}

main().catch((error) => {
  console.error(`FAILED: ${error.message}`);
  process.exit(1);
});
