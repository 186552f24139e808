// The web client of a running server, in a real browser. Nothing outside the server may be asked for.
//
//   BASE_URL=http://127.0.0.1:5000 MEDIA=talk.mp4 [WORDS=ask,country] [TARGET=es] [OUT=folder] [CHROMIUM=path] node run.mjs
//
// WORDS: words of which at least half must appear in the transcript (any text will do without it).
// OUT: gets pictures of each page. Exit status: 0 passed, 1 failed, 77 cannot run here (says why).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { check_axe, check_width, launch, open_context, picture, watch_page } from './checks.mjs';

const kJobTimeoutMs = Number(process.env.JOB_TIMEOUT_MS ?? 180_000);
const base_url = (process.env.BASE_URL ?? process.argv[2] ?? '').replace(/\/$/, '');
const media = process.env.MEDIA ?? process.argv[3] ?? '';
const words = (process.env.WORDS ?? '').split(',').filter(Boolean);
const target = process.env.TARGET ?? 'es';
const out = process.env.OUT ?? process.argv[4] ?? '';

async function upload(page, file) {
  await page.setInputFiles('input[type=file]', file);
}

/** Uploads the media with one translation and waits until its job is done. Returns the address of the job. */
async function upload_and_wait(page) {
  await page.goto(base_url);
  const name = path.basename(media);
  const language = new Intl.DisplayNames(['en'], { type: 'language' }).of(target);
  const chip = page.getByRole('button', { name: language, exact: true });
  await chip.waitFor();
  if ((await chip.getAttribute('aria-pressed')) !== 'true') await chip.click();
  const before = await page.locator('article h3 a').evaluateAll((links) => links.map((link) => link.href));
  await upload(page, media);
  const fresh = async () => {
    const links = await page.locator('article h3 a').evaluateAll((all) => all.map((link) => [link.href, link.textContent]));
    return links.find(([href, text]) => text === name && !before.includes(href))?.[0];
  };
  let address;
  for (let waited_ms = 0; !address && waited_ms < 30_000; waited_ms += 100) {
    address = await fresh();
    if (!address) await page.waitForTimeout(100);
  }
  assert.ok(address, `${name} appears in the list of jobs`);
  await picture(page, out, 'home-running');
  const row = page.locator('article', { has: page.locator(`a[href="${new URL(address).pathname}"]`) });
  await row.getByText('Done', { exact: true }).waitFor({ timeout: kJobTimeoutMs });
  return address;
}

async function check_words(page) {
  const cues = page.locator('[role=tabpanel] ol button');
  await cues.first().waitFor();
  const text = (await cues.allInnerTexts()).join(' ').toLowerCase();
  assert.match(text, /[a-z]{2}/, 'the transcript has words');
  const heard = words.filter((word) => new RegExp(`\\b${word.toLowerCase()}\\b`).test(text));
  assert.ok(heard.length * 2 >= words.length, `of the words ${words} only ${heard} are in: ${text}`);
  return cues;
}

async function check_seek(page, cues) {
  const player = page.locator('video, audio');
  await player.waitFor();
  await page.waitForFunction(() => document.querySelector('video, audio').readyState >= 1);
  const index = (await cues.count()) - 1;
  await cues.nth(index).click();
  const label = await cues.nth(index).locator('.time').innerText();
  const expected = label.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  await page.waitForFunction(
    (seconds) => Math.abs(document.querySelector('video, audio').currentTime - seconds) < 1.01,
    expected,
  );
  assert.equal(await cues.nth(index).getAttribute('aria-current'), 'true', 'the chosen cue is the current one');
}

/** The translation beside the spoken words, in the transcript, and as a subtitle track of a video. */
async function check_translation(page, spoken_text) {
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(target);
  await page.getByRole('button', { name, exact: true }).click();
  const cues = page.locator('[role=tabpanel] ol');
  await page.waitForFunction((language) => document.querySelector('[role=tabpanel] ol')?.lang === language, target);
  assert.notEqual((await cues.innerText()).toLowerCase(), spoken_text, `the text is in ${name} now`);
  const showing = await page.evaluate(() =>
    [...(document.querySelector('video')?.textTracks ?? [])].filter(({ mode }) => mode === 'showing').map((track) => track.language),
  );
  if (await page.locator('video').count()) assert.deepEqual(showing, [target]);
  await page.getByRole('tab', { name: 'Side by side' }).click();
  const first_row = page.locator('[role=tabpanel] ol button').first();
  assert.ok((await first_row.locator(`[lang=${target}]`).innerText()).trim(), 'a translation stands beside the words');
}

async function check_download(page) {
  await page.getByRole('tab', { name: 'Files' }).click();
  const link = page.locator('[role=tabpanel] a[download$=".srt"]').first();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.match(download.suggestedFilename(), /\.srt$/);
  assert.match(readFileSync(await download.path(), 'utf8'), /\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}/);
}

async function check_refusal(page) {
  await page.goto(base_url);
  await upload(page, { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear reader,\n'.repeat(200)) });
  const reason = page.locator('article', { hasText: 'letter.txt' }).getByRole('alert');
  await reason.waitFor();
  const text = (await reason.innerText()).replace('Not accepted', '').trim();
  assert.ok(text.length > 10, `the refusal says why: "${text}"`);
  assert.equal(await page.locator('article', { hasText: 'letter.txt' }).getByText('Try again').count(), 1);
  await picture(page, out, 'home-refused');
}

async function check_delete_and_undo(page, address) {
  await page.goto(base_url);
  const row = page.locator('article', { has: page.locator(`a[href="${new URL(address).pathname}"]`) });
  await row.getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /^Undo deleting/ }).click();
  await row.waitFor();
}

/** Home and job page in every colour scheme and width: readable for assistive tools, nothing wider than the window. */
async function check_looks(browser, axe_source, address, foreign, complaints) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [320, 390, 1280, 2560]) {
      const context = await open_context(browser, base_url, { colorScheme, viewport: { width, height: 844 } }, foreign);
      const page = await context.newPage();
      watch_page(page, complaints);
      for (const [name, url, ready] of [['home', base_url, 'article h3 a'], ['job', address, '[role=tabpanel] ol button']]) {
        const place = `${name}-${width}-${colorScheme}`;
        await page.goto(url);
        // On a narrow window the list lies below the fold, and rows far from the window are not made.
        if (name === 'home') await page.locator('#jobs-heading').evaluate((heading) => heading.scrollIntoView());
        await page.locator(ready).first().waitFor();
        await check_width(page, width, place);
        await check_axe(page, axe_source, place);
        await picture(page, out, place);
      }
      await context.close();
    }
  }
}

async function check_languages(browser, foreign, complaints) {
  for (const [locale, heading] of [['th-TH', 'งาน'], ['vi-VN', 'Công việc'], ['ru-RU', 'Задания']]) {
    const context = await open_context(browser, base_url, { locale, viewport: { width: 390, height: 844 } }, foreign);
    const page = await context.newPage();
    watch_page(page, complaints);
    await page.goto(base_url);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), locale.slice(0, 2));
    await check_width(page, 390, locale);
    await picture(page, out, `home-${locale}`);
    await context.close();
  }
}

async function main() {
  const { browser, axe_source } = await launch();
  assert.ok(base_url && existsSync(media), 'BASE_URL and MEDIA must name a running server and a media file');
  if (out) mkdirSync(out, { recursive: true });
  const foreign = [];
  const complaints = [];
  const step = async (name, action) => {
    const result = await action();
    console.log(`ok: ${name}`);
    return result;
  };
  try {
    const context = await open_context(browser, base_url, { viewport: { width: 1280, height: 844 } }, foreign);
    const page = await context.newPage();
    watch_page(page, complaints);
    const address = await step('upload becomes a finished job', () => upload_and_wait(page));
    await page.goto(address);
    const cues = await step('the words appear', () => check_words(page));
    const spoken_text = (await page.locator('[role=tabpanel] ol').innerText()).toLowerCase();
    await step('a click on a cue seeks', () => check_seek(page, cues));
    await step('the translation is shown', () => check_translation(page, spoken_text));
    await step('the SRT file downloads', () => check_download(page));
    await step('a text file is refused with its reason', () => check_refusal(page));
    await step('a deletion can be undone', () => check_delete_and_undo(page, address));
    await context.close();
    await step('accessible and fitting, light and dark', () => check_looks(browser, axe_source, address, foreign, complaints));
    await step('speaks the language of the browser', () => check_languages(browser, foreign, complaints));
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
