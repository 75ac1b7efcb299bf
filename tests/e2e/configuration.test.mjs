// A wrong configuration: all mistakes at once, each with file, line and column; nothing starts.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cleanUp, folder, verb } from './node_support.mjs';

after(cleanUp);

/// Each line of the file, and what must be said of it: [column, words].
const lines = [
  ['[engine]'],
  ['id = "engine 1 "', 6, /engine\.id/],
  ['shards = "two"', 10, /engine\.shards is "two", must be a whole number/],
  ['lease_ms = 0', 12, /engine\.lease_ms/],
  ['leese_ms = 1000', 1, /leese_ms.*lease_ms/],
  ['[redis]'],
  ['url = "http://localhost"', 7, /redis\.url/],
  ['partitions = 0', 14, /redis\.partitions/],
  ['password_file = "nowhere/password"', 17, /password_file.*nowhere/],
  ['[admin]'],
  ['listen = "0.0.0.0:8600"', 10, /tokens_file/],
  ['[adnim]', 2, /adnim.*admin/],
  ['[[category]]'],
  ['name = "otp"'],
  ['lane = "urgent"', 8, /lane.*otp.*alert.*service.*bulk/],
  ['on_doubt = "maybe"', 12, /on_doubt.*report.*resend_once.*query/],
  ['[[category]]'],
  ['name = "otp"', 8, /otp/],
  ['lane = "otp"'],
  ['[[operator]]', 1, /"alpha" has no host/],
  ['name = "alpha"'],
  ['port = 99999', 8, /port/],
  ['tps = -5', 7, /tps/],
  ['prefixes = ["+9198"]', 13, /prefix/],
  ['failover = ["bravo"]', 13, /bravo/],
];

test('all of them together, by check and by serve', async () => {
  const path = join(await folder(), 'anchal.toml');
  await writeFile(path, `${lines.map(([text]) => text).join('\n')}\n`);
  const checked = await verb(undefined, 'config', 'check', path);
  assert.equal(checked.code, 1);
  const said = checked.err.trim().split('\n');
  for (const [index, [text, column, words]] of lines.entries()) {
    const here = said.filter((line) => line.startsWith(`${path}:${index + 1}:`) && !line.includes('warning'));
    if (column === undefined) {
      assert.deepEqual(here, [], text);
      continue;
    }
    assert.ok(here.some((line) => line.startsWith(`${path}:${index + 1}:${column}: `) && words.test(line)), `${text}\n${checked.err}`);
  }
  const served = await verb(undefined, 'serve', '--config', path);
  assert.equal(served.code, 78);
  for (const line of said) assert.ok(served.err.includes(line), line);
  const json = await verb(undefined, 'config', 'check', path, '--json');
  assert.equal(json.code, 1);
  assert.ok(JSON.parse(json.out), json.out);
});

test('of broken TOML the place where it breaks', async () => {
  const path = join(await folder(), 'anchal.toml');
  await writeFile(path, '[engine]\nid = "engine-1\nshards = two\n');
  for (const [args, code] of [[['config', 'check', path], 1], [['serve', '--config', path], 78]]) {
    const refused = await verb(undefined, ...args);
    assert.equal(refused.code, code);
    assert.match(refused.err, /anchal\.toml:2:\d+: /);
    assert.equal(refused.err.trim().split('\n').length, 1, refused.err);
  }
});

test('a file that is not there is said so', async () => {
  const refused = await verb(undefined, 'serve', '--config', '/nowhere/anchal.toml');
  assert.equal(refused.code, 78);
  assert.match(refused.err, /\/nowhere\/anchal\.toml/);
  assert.equal((await verb(undefined, 'serve')).code, 64);
});
