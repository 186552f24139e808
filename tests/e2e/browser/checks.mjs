// What the browser tests have in common: a browser that lets no request out, and what holds for every page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const kSkip = 77;

function skip(reason) {
  console.log(`SKIPPED: ${reason}`);
  process.exit(kSkip);
}

function find_chromium() {
  const known = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return known.find((candidate) => candidate && existsSync(candidate)) ?? skip('no chromium found (apt install chromium)');
}

async function load_packages() {
  try {
    const { chromium } = await import('playwright-core');
    const axe_source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    return { chromium, axe_source };
  } catch (error) {
    return skip(`the packages of this folder are not installed (npm ci): ${error.message}`);
  }
}

/** A browser, and the text of axe-core; ends the test as skipped where there is none. */
export async function launch() {
  const { chromium, axe_source } = await load_packages();
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  args.push('--disable-background-networking', '--disable-component-update', '--disable-sync');
  const browser = await chromium.launch({ executablePath: find_chromium(), headless: true, args });
  return { browser, axe_source };
}

/** Contexts that let no request out, and the list of those that were tried. */
export async function open_context(browser, base_url, options, foreign) {
  const context = await browser.newContext({ locale: 'en-US', acceptDownloads: true, ...options });
  await context.route('**/*', (route) => {
    const url = new URL(route.request().url());
    const own = url.origin === new URL(base_url).origin || ['blob:', 'data:'].includes(url.protocol);
    if (own) return route.continue();
    foreign.push(url.href);
    return route.abort();
  });
  return context;
}

export function watch_page(page, complaints) {
  page.on('pageerror', (error) => complaints.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    // Failed requests are part of the test; broken rules of the content security policy are not.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(`console: ${message.text()}`);
    }
  });
}

export async function check_axe(page, axe_source, place) {
  // Through the debugger, past the page's content security policy.
  await page.evaluate(axe_source);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html) }));
  });
  const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(bad, [], `accessibility, ${place}`);
}

export async function picture(page, out, name) {
  if (out) await page.screenshot({ path: path.join(out, `${name}.png`) });
}

/** Nothing may be wider than the window. */
export async function check_width(page, width, place) {
  const content_width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(content_width <= width, `${place}: content is ${content_width} px wide`);
}

/** A new page of a context of its own, watched for complaints. */
export async function open_watched(browser, base_url, options, { foreign, complaints }) {
  const context = await open_context(browser, base_url, { viewport: { width: 1280, height: 844 }, ...options }, foreign);
  const page = await context.newPage();
  watch_page(page, complaints);
  return page;
}

/** The page at hand as it is in every width and colour scheme; `out` gets pictures, unless it is empty. */
export async function check_every_look(page, name, { axe_source, out }) {
  for (const colorScheme of ['light', 'dark']) {
    // Without motion: a colour half way to another has no contrast to speak of.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const width of [320, 390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      const place = `${name}-${width}-${colorScheme}`;
      await check_width(page, width, place);
      await check_axe(page, axe_source, place);
      if (out) await page.screenshot({ path: path.join(out, `${place}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  await page.setViewportSize({ width: 1280, height: 844 });
}
