// The operator console in a real Chromium: what it shows, that it can be used without a mouse and without seeing it,
// and a blackout switched on and off by hand.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { anchal, cleanUp, folder, start, startRedis, startSmsc, terminate, until } from '../e2e/node_support.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const token = 'compliance-token-0123456789';
let engine, redis, url, browser;

before(async () => {
  const directory = await folder();
  redis = await startRedis();
  const smsc = await startSmsc(['--receipt-delay', '20']);
  await writeFile(join(directory, 'tokens'), `compliance meera ${token}\n`);
  await writeFile(join(directory, 'anchal.toml'), `
[engine]
id = "engine-1"
[redis]
url = "unix://${redis.socket}"
[admin]
listen = "127.0.0.1:0"
tokens_file = "tokens"
[[category]]
name = "otp"
lane = "otp"
exempt = true
[[category]]
name = "promotional"
lane = "bulk"
[[operator]]
name = "alpha"
host = "127.0.0.1"
port = ${smsc.port}
tps = 500
`);
  engine = start(anchal, ['serve', '--config', join(directory, 'anchal.toml')]);
  url = (await until('the address of the admin listener', () => /listening on (http:\S+)/.exec(engine.log), [engine]))[1];
  await until('the engine to be ready', () => fetch(`${url}/readyz`).then((answer) => answer.ok, () => false), [engine]);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await cleanUp();
});

/// A page that has signed in; what the browser complains about fails the test.
async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) page.complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('live', { exact: true }).waitFor();
  return page;
}

async function assertAccessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
}

test('a wrong token is asked for again', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This token is not known.').waitFor();
  await page.getByLabel('Token').waitFor();
  assert.equal(await page.getByRole('table').count(), 0, 'nothing is shown to a stranger');
  await assertAccessible(page);
  await page.context().close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`the page has no barrier that axe knows, ${colorScheme}`, async () => {
    const page = await open({ colorScheme });
    await page.getByRole('rowheader', { name: 'alpha' }).waitFor();
    await assertAccessible(page);
    await page.setViewportSize({ width: 360, height: 800 });
    await assertAccessible(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'no sideways scrolling on a phone');
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

test('the balance and the operators are shown and stay current', async () => {
  const page = await open();
  await page.getByText('difference 0').waitFor();
  await page.getByText('up, 2 binds').waitFor();
  await page.context().close();
});

/// Presses Tab until what is asked for has the focus.
async function tabTo(page, target) {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab never reached ${target}`);
}

test('a blackout is switched on and off with the keyboard alone', async () => {
  const page = await open();
  await page.getByRole('rowheader', { name: 'alpha' }).waitFor();
  assert.equal(await page.getByLabel('otp').count(), 0, 'an exempt category is not offered');
  await tabTo(page, page.getByLabel('promotional'));
  await page.keyboard.press('Space');
  await tabTo(page, page.getByLabel(/^Reason/).first());
  await page.keyboard.type('order 17');
  await tabTo(page, page.getByLabel('Name'));
  await page.keyboard.type('Election');
  await page.keyboard.press('Enter');
  await page.getByText(/EFFECTIVE at .* on 1 engine /).waitFor();
  const card = page.getByRole('listitem').filter({ hasText: 'Election' });
  assert.match(await card.innerText(), /in force, until switched off\s+categories: promotional\s+order 17 \(meera, /);
  await assertAccessible(page);

  const job = { id: 'held', tenant: 'finance', category: 'promotional', sender: 'KLGOVT', to: '+919800000001', text: 'Namaskaram' };
  await redis.command('XADD', 'anchal:{0}:jobs:bulk', '*', 'v', '1', 'body', JSON.stringify(job));
  await card.getByText('1 held').waitFor();

  const off = page.getByRole('button', { name: 'Switch off Election' });
  await off.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Switch off Election' });
  await dialog.getByText('It holds 1 message.').waitFor();
  await assertAccessible(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.ok(await off.evaluate((element) => element === document.activeElement), 'the focus is back where it came from');

  await page.keyboard.press('Enter');
  await tabTo(page, dialog.getByLabel(/^Reason/));
  await page.keyboard.press('Enter');
  assert.ok(await dialog.isVisible(), 'no reason, no end');
  await page.keyboard.type('over');
  await page.keyboard.press('Enter');
  await page.getByText('No rule is in force.').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Blackouts', 'the focus is not lost with the button');
  await page.getByRole('row', { name: /^delivered/ }).getByText('1', { exact: true }).waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what comes from outside is text, not markup', async () => {
  const page = await open();
  await page.getByLabel(/^Reason/).first().fill('<img src=x onerror=alert(1)>');
  await page.getByLabel('Name').fill('<b>bold</b>');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('strong').getByText('<b>bold</b>').waitFor();
  assert.equal(await page.locator('img').count(), 0);
  await page.getByRole('button', { name: 'Switch off <b>bold</b>' }).click();
  await page.getByRole('dialog').getByLabel(/^Reason/).fill('over');
  await page.keyboard.press('Enter');
  await page.getByText('No rule is in force.').waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('what is refused is said', async () => {
  const page = await open();
  await page.getByLabel('Ends at').fill('2020-01-01T00:00');
  await page.getByLabel(/^Reason/).first().fill('order 17');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('alert').getByText('ends_at: is in the past').waitFor();
  await page.context().close();
});

test('signing out forgets the token', async () => {
  const page = await open();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('A token is needed.').waitFor();
  await page.reload();
  await page.getByText('A token is needed.').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.context().close();
});

test('an engine that is gone is said, and the numbers look it', async () => {
  const page = await open();
  assert.equal(await terminate(engine), 0, engine.log);
  await page.getByText(/trying again/).waitFor();
  assert.ok(await page.locator('main.cold').count());
  await page.context().close();
});
