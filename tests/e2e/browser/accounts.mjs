// Accounts in the web client, in a real browser, on a server that has them on and has no user yet.
//
//   BASE_URL=http://127.0.0.1:5000 MEDIA=talk.mp4 [OUT=folder] [CHROMIUM=path] node accounts.mjs
//
// OUT: gets pictures of each page. Exit status: 0 passed, 1 failed, 77 cannot run here (says why).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { check_every_look, check_width, launch, open_watched, picture } from './checks.mjs';

const base_url = (process.env.BASE_URL ?? process.argv[2] ?? '').replace(/\/$/, '');
const media = process.env.MEDIA ?? process.argv[3] ?? '';
const out = process.env.OUT ?? process.argv[4] ?? '';
const kRoot = { name: 'root', password: 'violet harbour 27' };
const kGuest = { name: 'ann', password: 'seven grey geese' };
const kWidths = [320, 390, 1280];

const foreign = [];
const complaints = [];
let browser;
let axe_source;

const open_page = (options = {}) => open_watched(browser, base_url, options, { foreign, complaints });
const check_look = (page, name) => check_every_look(page, name, { axe_source, out });

const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const alert_text = (page, text) => page.getByRole('alert').filter({ hasText: text });

/** Everything by the keyboard: the first field has the focus. */
async function type_sign_in(page, { name, password }) {
  await heading(page, 'Sign in').waitFor();
  await page.waitForFunction(() => document.activeElement?.name === 'username');
  await page.keyboard.type(name);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

async function fill_sign_in(page, { name, password }) {
  await page.getByLabel('User name or e-mail').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Sign in').click();
}

async function register_first(page) {
  await page.goto(`${base_url}/models`);
  await heading(page, 'Set up this server').waitFor();
  await check_look(page, 'register');
  await page.getByLabel('User name').fill(kRoot.name);
  await page.getByLabel('Password', { exact: true }).fill('password1');
  await button(page, 'Make an account').click();
  await alert_text(page, 'tried first').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(kRoot.password);
  await page.keyboard.press('Enter');
  await heading(page, 'Models').waitFor();
  assert.equal(new URL(page.url()).pathname, '/models', 'one is where one wanted to be');
}

async function sign_out(page, name) {
  await page.getByLabel(`Account of ${name}`).click();
  await check_look(page, 'menu');
  for (const width of kWidths) {
    await page.setViewportSize({ width, height: 844 });
    const box = await page.locator('details ul').boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, `the menu lies in a window of ${width} px`);
  }
  await button(page, 'Sign out').click();
  await heading(page, 'Sign in').waitFor();
  assert.equal(await page.getByLabel(/^Account of/).count(), 0, 'no menu of an account');
}

/** The language that was chosen stays, though the browser is told to forget what was stored. */
async function keep_language(page) {
  await page.getByLabel('Language of this page').selectOption('th');
  await page.getByLabel('บัญชีของ root').click();
  await button(page, 'ออกจากระบบ').click();
  await heading(page, 'เข้าสู่ระบบ').waitFor();
  await page.reload();
  await heading(page, 'เข้าสู่ระบบ').waitFor();
  await page.getByLabel('ภาษาของหน้านี้').selectOption('en');
}

async function sign_in_wrong_and_right(page) {
  await type_sign_in(page, { ...kRoot, password: 'violet harbour 28' });
  await alert_text(page, 'The name or the password is wrong').waitFor();
  await check_look(page, 'sign-in');
  await page.getByLabel('Password', { exact: true }).fill(kRoot.password);
  await page.keyboard.press('Enter');
  await page.getByLabel('Account of root').waitFor();
  assert.equal(new URL(page.url()).pathname, '/', 'from the address of signing in one comes to the start page');
}

async function create_key(page) {
  await page.getByLabel('Account of root').click();
  await page.getByRole('link', { name: 'API keys' }).click();
  await heading(page, 'API keys').waitFor();
  await page.getByLabel('What it is for').fill('<b>backup</b> script');
  await page.getByLabel('It may').selectOption('read');
  await button(page, 'Create key').click();
  const text = await page.getByLabel('Text of the key').inputValue();
  assert.match(text, /^vox_/);
  await check_look(page, 'keys');
  const answer = await fetch(`${base_url}/api/jobs`, { headers: { Authorization: `Bearer ${text}` } });
  assert.equal(answer.status, 200, 'the key opens the API');
  await button(page, 'Copy').click();
  await button(page, 'Copied').waitFor();
  await page.reload();
  await page.getByText('<b>backup</b> script').waitFor();
  assert.equal(await page.getByLabel('Text of the key').count(), 0, 'the key is shown once');
  await button(page, 'Revoke <b>backup</b> script').click();
  await page.getByText('turned away at once').waitFor();
  await button(page, 'Revoke <b>backup</b> script').click();
  await page.getByText('You have no keys yet').waitFor();
  const refused = await fetch(`${base_url}/api/jobs`, { headers: { Authorization: `Bearer ${text}` } });
  assert.equal(refused.status, 401, 'the revoked key does not');
}

/** The server of this test has the fetching of addresses switched off. */
async function no_addresses(page) {
  await page.goto(base_url);
  await page.getByText('Drop video or audio here').waitFor();
  assert.equal(await page.locator('input[type=url]').count(), 0, 'no field for what the server does not do');
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'https://example.com/talk.mp4');
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
  });
  await page.getByText('This server fetches no files from addresses.').waitFor();
}

async function webhooks_in_the_menu(page) {
  await page.getByLabel('Account of root').click();
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await heading(page, 'Webhooks').waitFor();
  await page.getByRole('navigation', { name: 'Pages of the account' }).waitFor();
  await check_look(page, 'account-webhooks');
}

async function add_user(page) {
  await page.goto(`${base_url}/users`);
  await button(page, 'Add user').click();
  const fill = async (name) => {
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(kGuest.password);
    await button(page, 'Add user').click();
  };
  await fill(kRoot.name);
  await alert_text(page, 'is taken').waitFor();
  await check_look(page, 'users-add');
  await fill(kGuest.name);
  await button(page, `Change ${kGuest.name}`).click();
  await page.getByLabel('Jobs a day').fill('7');
  await check_look(page, 'users-change');
  await button(page, 'Save').click();
  await button(page, 'Save').waitFor({ state: 'detached' });
  await button(page, `Change ${kGuest.name}`).click();
  await page.getByText('0 of 7').waitFor();
  await button(page, 'Cancel').click();
  await button(page, 'Security record').click();
  await page.getByText('user.create').first().waitFor();
  await check_look(page, 'users');
}

async function upload(page) {
  await page.goto(base_url);
  await page.setInputFiles('input[type=file]', media);
  const link = page.locator('article h3 a').first();
  await link.waitFor({ timeout: 30_000 });
  return link.evaluate((element) => element.href);
}

async function other_does_not_see(address) {
  const page = await open_page();
  await page.goto(address);
  await fill_sign_in(page, kGuest);
  await page.getByText('This job does not exist any more.').waitFor();
  await page.goto(base_url);
  await page.getByText('No jobs yet.').waitFor();
  await page.getByLabel('Account of ann').click();
  assert.equal(await page.getByRole('link', { name: 'Users' }).count(), 0, 'users are for administrators');
  await page.goto(`${base_url}/users`);
  await page.getByText('There is nothing at this address.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'System' }).count(), 0, 'how the server does is for them as well');
  await page.goto(`${base_url}/system`);
  await page.getByText('Only administrators see how the server does.').waitFor();
  await page.context().close();
}

/** The session of `page` is ended from another browser; `page` notices, and is back where it was after signing in. */
async function end_session_elsewhere(page, address) {
  await page.goto(address);
  await page.locator('[role=tabpanel]').waitFor();
  const other = await open_page();
  await other.goto(`${base_url}/account`);
  await fill_sign_in(other, kRoot);
  await heading(other, 'Account').waitFor();
  await other.getByText('This browser').waitFor();
  await check_look(other, 'account');
  await other.getByRole('button', { name: /^End the session of/ }).first().click();
  await other.waitForFunction(() => !document.querySelector('[aria-label^="End the session of"]'));
  await page.getByText('Your session has ended').waitFor({ timeout: 40_000 });
  await check_look(page, 'ended');
  await fill_sign_in(page, kRoot);
  await page.locator('[role=tabpanel]').waitFor();
  assert.equal(page.url(), address, 'one is back where one was');
  await other.context().close();
}

/** An upload that the end of the session stopped goes on after signing in. */
async function keep_upload(page) {
  await page.goto(base_url);
  await page.locator('article h3 a').first().waitFor();
  const before = await page.locator('article h3 a').count();
  await page.context().clearCookies();
  await page.setInputFiles('input[type=file]', media);
  await page.getByText('1 upload goes on after that.').waitFor();
  await fill_sign_in(page, kRoot);
  await page.waitForFunction((count) => document.querySelectorAll('article h3 a').length > count, before, { timeout: 30_000 });
}

async function change_password(page) {
  await page.goto(`${base_url}/account`);
  const change = async (old_password) => {
    await page.getByLabel('Old password').fill(old_password);
    await page.getByLabel('New password').fill(`${kRoot.password} and more`);
    await button(page, 'Change password').click();
  };
  await change('something else');
  await alert_text(page, 'The old password is wrong').waitFor();
  await change(kRoot.password);
  await page.getByText('The password is changed.').waitFor();
  await page.getByText('This browser').waitFor();
}

async function delete_user(page) {
  await page.goto(`${base_url}/users`);
  await button(page, 'Delete root').click();
  await button(page, 'Delete root and all of that').click();
  await alert_text(page, 'last active administrator').waitFor();
  await button(page, 'Delete ann').click();
  await page.getByText('With ann go all jobs').waitFor();
  await check_look(page, 'users-delete');
  await button(page, 'Delete ann and all of that').click();
  await button(page, 'Delete ann').waitFor({ state: 'detached' });
}

/** After some wrong passwords the server lets one wait; the page says how long, and then it works. */
async function slow_guessing() {
  const page = await open_page();
  await page.goto(base_url);
  for (let tries = 0; (await alert_text(page, 'Too many attempts').count()) === 0; tries += 1) {
    assert.ok(tries < 15, 'guessing is slowed down');
    await fill_sign_in(page, { name: 'nobody', password: `guess number ${tries}` });
    await page.waitForFunction(() => document.querySelector('[role=alert] p'));
  }
  await page.getByText(/^Wait \d/).waitFor();
  await picture(page, out, 'sign-in-wait');
  await page.context().close();
}

async function check_languages() {
  for (const [locale, name] of [['th-TH', 'เข้าสู่ระบบ'], ['vi-VN', 'Đăng nhập'], ['ru-RU', 'Вход']]) {
    const page = await open_page({ locale, viewport: { width: 320, height: 844 } });
    await page.goto(base_url);
    await heading(page, name).waitFor();
    await check_width(page, 320, locale);
    await picture(page, out, `sign-in-${locale}`);
    await page.context().close();
  }
}

async function main() {
  assert.ok(base_url && existsSync(media), 'BASE_URL and MEDIA must name a running server and a media file');
  if (out) mkdirSync(out, { recursive: true });
  ({ browser, axe_source } = await launch());
  const step = async (name, action) => {
    const result = await action();
    console.log(`ok: ${name}`);
    return result;
  };
  try {
    const page = await open_page();
    await step('the first user registers', () => register_first(page));
    await step('signing out', () => sign_out(page, 'root'));
    await step('signing in, first with a wrong password', () => sign_in_wrong_and_right(page));
    await step('the language stays', () => keep_language(page));
    await step('signing in by the keyboard', () => type_sign_in(page, kRoot));
    await step('a key is made, used, revoked', () => create_key(page));
    await step('addresses are switched off', () => no_addresses(page));
    await step('webhooks are a page of the account', () => webhooks_in_the_menu(page));
    await step('a user is added and changed', () => add_user(page));
    const address = await step('an upload becomes a job', () => upload(page));
    await step('another user does not see it', () => other_does_not_see(address));
    await step('a session is ended elsewhere', () => end_session_elsewhere(page, address));
    await step('an upload waits for signing in', () => keep_upload(page));
    await step('the password is changed', () => change_password(page));
    await step('a user is deleted', () => delete_user(page));
    await step('speaks the language of the browser', () => check_languages());
    await step('guessing is slowed down', () => slow_guessing());
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
