// An engine with no more rights in Redis than deploy/redis/users.acl gives it does all its work: whatever it asks for
// in vain stands in ACL LOG.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, outcomes, push, startEngine, startRedis, startSmsc, terminate, until, verb } from '../e2e/node_support.mjs';

const files = new URL('../../deploy/redis/', import.meta.url);
const noPassword = '0'.repeat(64);
const secretHash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';  // SHA-256 of "secret"
let redis, hub, engine, configFile, directory;

before(async () => {
  directory = await folder();
  const users = join(directory, 'users.acl');
  await writeFile(users, (await readFile(new URL('users.acl', files), 'utf8')).replaceAll(noPassword, secretHash));
  const login = (user) => ['--user', user, '--pass', 'secret', '--no-auth-warning'];
  redis = await startRedis({ args: [new URL('redis.conf', files).pathname, '--aclfile', users], login: login('admin') });
  hub = {
    command: (...args) => redis.command(...login('hub-finance'), ...args),
    commandWith: (body, ...args) => redis.commandWith(body, ...login('hub-finance'), ...args),
  };
  const smsc = await startSmsc(['--receipt-delay', '20', '--throttle-above', '40']);
  await writeFile(join(directory, 'password'), 'secret\n');
  configFile = join(directory, 'anchal.toml');
  await writeFile(configFile, `
[engine]
id = "engine-1"
lease_ms = 300
[redis]
url = "unix://${redis.socket}"
username = "anchal-engine"
password_file = "password"
partitions = 2
[admin]
listen = "127.0.0.1:0"
[policy]
lease_ms = 300
[[category]]
name = "otp"
lane = "otp"
exempt = true
[[category]]
name = "promotional"
lane = "bulk"
on_doubt = "resend_once"
doubt_wait_s = 1
[[operator]]
name = "alpha"
host = "127.0.0.1"
port = ${smsc.port}
tps = 500
prefixes = ["9198"]
[[operator]]
name = "dead"
host = "127.0.0.1"
port = 1
prefixes = ["9199"]
`);
  engine = await startEngine(configFile);
});
after(cleanUp);

const job = (id, changes) => ({ id, tenant: 'finance', category: 'promotional', sender: 'KLGOVT', to: '+919800000001', text: 'Namaskaram', ...changes });
const finals = async (id) => (await outcomes(hub, 'finance', 2)).filter((line) => line.final && line.job === id);
const settled = (id, count = 1) => until(`the outcomes of ${id}`, async () => (await finals(id)).length >= count, [engine]);
const nothingRefused = async () => assert.equal((await redis.command('ACL', 'LOG')).trim(), '', engine.log);

test('jobs, throttling, retries, receipts', async () => {
  const recipients = Array.from({ length: 100 }, (_, index) => ({ to: `+91980000${1000 + index}`, vars: { n: String(index) } }));
  await push(hub, 'bulk', job('many', { to: undefined, text: undefined, template: 'Hello {n}', recipients }), 1);
  await push(hub, 'otp', job('long', { category: 'otp', text: 'x'.repeat(400) }));
  await push(hub, 'otp', job('later', { category: 'otp', not_before: new Date(Date.now() + 1500).toISOString() }));
  await push(hub, 'bulk', job('waits', { to: '+919900000001' }));
  await settled('many', 100);
  await settled('long');
  await settled('later');
  await until('the backlog', async () => (await balance(engine)).waiting.backlog === 1, [engine]);
  await nothingRefused();
});

test('policy, holds, pauses, the audit chain', async () => {
  const added = await verb(engine, 'blackout', 'add', '--category', 'promotional', '--reason', 'order 17');
  assert.equal(added.code, 0, added.err);
  const [id] = added.out.split('\n');
  await push(hub, 'bulk', job('held'));
  await until('the hold', async () => (await balance(engine)).waiting.hold >= 1, [engine]);
  assert.equal((await verb(engine, 'trace', 'finance', 'held', '0')).code, 0);
  assert.equal((await verb(engine, 'blackout', 'extend', id, '--until', '2099-01-01T00:00:00Z', '--reason', 'x')).code, 4);
  assert.equal((await verb(engine, 'blackout', 'end', id, '--reason', 'over')).code, 0);
  await settled('held');
  assert.equal((await verb(engine, 'operators', 'pause', 'alpha', '--reason', 'fault')).code, 0);
  assert.equal((await verb(engine, 'operators', 'resume', 'alpha', '--reason', 'mended')).code, 0);
  assert.equal((await verb(engine, 'audit', 'verify')).code, 0);
  assert.equal((await verb(engine, 'doctor', '--config', configFile)).code, 0);
  await nothingRefused();
});

test('dead letters and sending by hand', async () => {
  await push(hub, 'otp', '{"id":');
  const letter = await until('the dead letter', async () => JSON.parse((await verb(engine, 'dead', 'list', '--config', configFile, '--json')).out)[0], [engine]);
  for (const args of [['show', letter.id], ['retry', letter.id]]) assert.equal((await verb(engine, 'dead', ...args, '--config', configFile)).code, 0);
  const again = await until('it to be back', async () => JSON.parse((await verb(engine, 'dead', 'list', '--config', configFile, '--json')).out)[0], [engine]);
  const dropped = await verb(engine, 'dead', 'drop', again.id, '--config', configFile);
  assert.equal(dropped.code, 0, dropped.err);
  const sent = await verb(engine, 'send', '--config', configFile, '--tenant', 'finance', '--category', 'otp', '--sender', 'KLGOVT',
    '--to', '+919800000009', '--text', 'by hand', '--follow', '--timeout', '60');
  assert.equal(sent.code, 0, sent.err);
  await nothingRefused();
});

test('a full Redis', async () => {
  const job1 = job('full-1', { category: 'otp', not_before: new Date(Date.now() + 1000).toISOString() });
  await push(hub, 'otp', job1);
  await until('it to wait', async () => (await balance(engine)).waiting.retry >= 1, [engine]);
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  await settled('full-1');
  await redis.command('CONFIG', 'SET', 'maxmemory', '256mb');
  await nothingRefused();
});

test('a takeover after a crash', async () => {
  const died = once(engine, 'exit');
  engine.kill('SIGKILL');
  await died;
  await push(hub, 'bulk', job('after', {}), 1);
  engine = await startEngine(configFile);
  await settled('after');
  assert.equal((await balance(engine)).difference, 0);
  assert.equal(await terminate(engine), 0, engine.log);
  await nothingRefused();
});

test('a right that is missing is named before anything starts', async () => {
  for (const right of ['hincrby', 'xadd', 'hscan', 'watch']) {
    await redis.command('ACL', 'SETUSER', 'anchal-engine', `-${right}`);
    const doctor = await verb(undefined, 'doctor', '--config', configFile);
    assert.equal(doctor.code, 1, doctor.out);
    assert.match(doctor.out, new RegExp(`user "anchal-engine" may not use ${right}`, 'i'));
    await redis.command('ACL', 'SETUSER', 'anchal-engine', `+${right}`);
  }
  const doctor = await verb(undefined, 'doctor', '--config', configFile);
  assert.equal(doctor.code, 0, doctor.out);
  assert.equal((await redis.command('EXISTS', 'anchal:{0}:acl-probe')).trim(), '0');
});
