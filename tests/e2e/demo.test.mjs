// `anchal demo` without a terminal: the balance it closes with, and what an interrupt in the middle leaves behind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { anchal, cleanUp, folder, start, until } from './node_support.mjs';

const campaign = new URL('../../deploy/demo', import.meta.url).pathname;
let scratch;

before(async () => {
  scratch = await folder();
  process.env.TMPDIR = scratch; // what the demo puts on disk goes there
});
after(cleanUp);

const demo = (...args) => start(anchal, ['demo', '--data', campaign, ...args]);

/// Every process of this machine by pid: its name, its parent, and when it began, for a pid may be given anew.
async function processes() {
  const found = new Map();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [, name, rest] = /\((.*)\) (.*)/s.exec(stat) ?? [];
    if (!rest) continue; // it has ended meanwhile
    const fields = rest.split(' ');
    found.set(Number(pid), { name, parent: Number(fields[1]), begun: fields[19] });
  }
  return found;
}

async function childrenOf(pid) {
  return [...await processes()].filter(([, { parent }]) => parent === pid).map(([child, { name, begun }]) => ({ pid: child, name, begun }));
}

/// Those of `children` that are still there.
async function alive(children) {
  const now = await processes();
  return children.filter(({ pid, begun }) => now.get(pid)?.begun === begun);
}

test('the balance closes with nothing lost, doubled or sent into the blackout, which held messages back', async () => {
  const child = demo('--messages', '20000');
  const [code] = await once(child, 'close');
  assert.equal(code, 0, child.log);
  assert.match(child.out, /^ {2}lost 0 {3}sent twice 0 {3}during blackout 0 {3}difference 0$/m);
  const count = (name) => Number(new RegExp(`^ {2}${name} +([\\d,]+)`, 'm').exec(child.out)[1].replaceAll(',', ''));
  assert.equal(count('accepted'), 20000);
  assert.ok(count('held') > 0, child.log);
  assert.match(child.log, /lifted after [\d.]+ s, [1-9][\d,]* messages held/);
  assert.deepEqual(await readdir(scratch), []);
});

test('an interrupt in the middle ends it with 130, and takes its children and its directory along', async () => {
  const child = demo();
  await until('the first count of finals', () => /^final {2}/m.test(child.log), [child]);
  const children = await childrenOf(child.pid);
  assert.equal(children.length, 5, `Redis, three operators and the engine: ${JSON.stringify(children)}`);
  assert.notDeepEqual(await readdir(scratch), []);
  const ended = once(child, 'close');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null], child.log);
  assert.match(child.log, /^anchal demo: interrupted/m);
  assert.deepEqual(await alive(children), []);
  assert.deepEqual(await readdir(scratch), []);
  assert.equal(child.out, '', 'no balance of what was cut short');
});
