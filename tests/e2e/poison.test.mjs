// A job that crashes or stalls its reader: real processes that die of it, started again as a supervisor would. The
// dying program is the shipped one but for engine/core/poison/in_hand.cpp (poisonable_hand.cpp).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, metricsOf, outcomes, push, start, startEngine, startRedis, startSmsc, terminate, until, verb, writeConfig } from './node_support.mjs';

const poisonable = process.env.ANCHAL_POISONABLE;
if (!poisonable) throw new Error('the environment variable ANCHAL_POISONABLE must name the binary');

let redis, smsc, inMemory;
before(async () => {
  redis = await startRedis();
  smsc = await startSmsc(['--receipt-delay', '5']);
  inMemory = await mkdtemp('/dev/shm/anchal-poison-');
});
after(async () => {
  await cleanUp();
  await rm(inMemory, { recursive: true, force: true });
});

const number = '+919800000001';
const job = (id) => ({ id, tenant: 'finance', category: 'service', sender: 'KLGOVT', to: number, text: 'secret text' });
const config = (directory) => writeConfig(redis, {
  engine: { lease_ms: 300, stall_s: 1, shards: 1, state_dir: directory },
  // What was on the wire at a death is in doubt, as after every crash.
  categories: { service: { lane: 'service', on_doubt: 'resend_once', doubt_wait_s: 1 } },
  operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'] }],
});
const finals = async () => (await outcomes(redis, 'finance', 2)).filter((line) => line.final);

async function deadLetters() {
  const { code, out, err } = await verb(null, 'dead', 'list', '--json', '--config', await config(''));
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

/// Starts it again and again until `done`; gives the last child, and how the others ended.
async function supervise(configFile, poison, done) {
  const deaths = [];
  let child;
  const again = () => {
    child = start('env', [`ANCHAL_POISON=${poison}`, poisonable, 'serve', '--config', configFile]);
    child.once('exit', (code, signal) => { child.ended = signal ?? code; });
  };
  again();
  await until('the poison to be known', async () => {
    if (child.ended !== undefined) {
      deaths.push({ end: child.ended, log: child.log });
      if (deaths.length > 6) throw new Error(`it dies for ever:\n${child.log}`);
      again();
    }
    return done();
  }, [child], 60);
  return { child, deaths };
}

const ways = [
  { way: 'crash', ends: 'SIGSEGV', memory: false, detail: /^crashed its reader twice; last at: read$/ },
  { way: 'abort', ends: 'SIGABRT', memory: true, detail: /^crashed its reader twice; last at: read$/ },
  { way: 'throw', ends: 70, memory: false, detail: /^crashed its reader twice; last at: read$/ },
  { way: 'stall', ends: 70, memory: false, detail: /^stalled its reader twice; last at: read$/ },
  { way: 'kill', ends: 'SIGKILL', memory: true, detail: /^ended its reader without a word twice; last at: read$/ },
];

for (const { way, ends, memory, detail } of ways) {
  test(`a job that ends its readers (${way}) twice is a dead letter, and no other job notices`, async () => {
    const directory = memory ? inMemory : await folder();
    const file = await config(directory);
    const names = Array.from({ length: 10 }, (_, i) => `${way}-good-${i}`);
    for (const name of names.slice(0, 5)) await push(redis, 'service', job(name));
    const id = `${Date.now() + 5}-666`;
    await redis.command('XADD', 'anchal:{0}:jobs:service', id, 'v', '1', 'body', JSON.stringify(job(`${way}-bad`)));
    for (const name of names.slice(5)) await push(redis, 'service', job(name));

    const { child, deaths } = await supervise(file, `read:${way}`, async () => {
      const lines = await finals();
      return names.every((name) => lines.some((line) => line.job === name)) && lines.some((line) => line.job === `${way}-bad`);
    });
    assert.deepEqual(deaths.map((death) => death.end), [ends, ends]);
    const lines = await finals();
    for (const name of names) {
      assert.deepEqual(lines.filter((line) => line.job === name).map((line) => line.state), ['delivered'], name);
    }
    const bad = lines.filter((line) => line.job === `${way}-bad`);
    assert.equal(bad.length, 1);
    assert.deepEqual([bad[0].state, bad[0].i, bad[0].reason], ['invalid', null, 'poison']);
    const letter = (await deadLetters()).find((one) => one.entry === id);
    assert.equal(letter.reason, 'poison');
    assert.match(letter.detail, detail);
    assert.equal(letter.stream, 'anchal:{0}:jobs:service');
    await until('the ends to be told, and the files to go', async () => (await readdir(directory)).filter((name) => name.startsWith('in-hand')).length === 1, [child]);
    const url = /listening on (http:[^\s,]+)/.exec(child.log)[1];
    assert.equal((await balance({ url })).difference, 0);
    assert.equal((await metricsOf({ url })).get('anchal_dead_letters_total{reason="poison"}'), 1);
    assert.equal(await terminate(child), 0, child.log);
    assert.deepEqual((await readdir(directory)).filter((name) => name.startsWith('in-hand')), [], 'a clean end leaves no file');
    for (const { log } of [...deaths, child]) assert.doesNotMatch(log, /9800000001|secret text/);

    // The reader mended: the same job, tried again.
    const engine = await startEngine(file);
    const retried = await verb(engine, 'dead', 'retry', letter.id, '--config', file);
    assert.equal(retried.code, 0, retried.err);
    await until('the job to be delivered', async () => (await finals()).some((line) => line.job === `${way}-bad` && line.state === 'delivered'), [engine]);
    assert.equal((await deadLetters()).length, 0);
    assert.equal((await verb(engine, 'dead', 'retry', letter.id, '--config', file)).code, 3);
    assert.equal(await terminate(engine), 0, engine.log);
  });
}

test('a process that is killed in other work accuses nobody', async () => {
  const file = await config(inMemory);
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 20; i += 1) await push(redis, 'service', job(`innocent-${round}-${i}`));
    const engine = await startEngine(file);
    const ended = once(engine, 'exit');
    engine.kill(['SIGKILL', 'SIGSEGV', 'SIGABRT'][round]);
    await ended;
  }
  const engine = await startEngine(file);
  await until('all outcomes', async () => (await finals()).filter((line) => line.job.startsWith('innocent-')).length >= 60, [engine], 60);
  assert.equal((await deadLetters()).length, 0);
  assert.equal(await terminate(engine), 0, engine.log);
});

test('the verbs of the dead letters over partitions, wrong ids and letters that cannot be used', async () => {
  const file = await config('');
  const dead = (...args) => verb(null, 'dead', ...args, '--config', file);
  const letter = (partition, ...fields) => redis.command('XADD', `anchal:{${partition}}:dead`, '*', ...fields).then((id) => `${partition}/${id.trim()}`);
  const old = await letter(1, 'v', '1', 'stream', 'anchal:{1}:jobs:service', 'id', '1-1', 'reason', 'malformed_json', 'detail', 'tail\u001b[31m', 'body', '{"id":"x"');
  const ended = await letter(0, 'v', '1', 'stream', 'anchal:{0}:jobs:service', 'id', '2-1', 'reason', 'poison', 'detail', 'crashed its reader twice', 'indexes', '0-4', 'body', '{}');
  const moved = await letter(0, 'v', '1', 'stream', 'anchal:{0}:backlog:alpha:service', 'id', '3-1', 'reason', 'poison', 'body', '{}');
  const strange = await letter(1, 'hello', 'world');
  const long = `1/${await redis.commandWith('x'.repeat(4 << 20), 'XADD', 'anchal:{1}:dead', '*', 'v', '1', 'stream', 'anchal:{1}:jobs:service', 'id', '4-1', 'reason', 'body_too_large', 'detail', 'd', 'body')}`;

  const list = JSON.parse((await dead('list', '--json')).out);
  assert.deepEqual(list.map((one) => one.id), [old, ended, moved, strange, long], 'the oldest first, whatever their partition');
  assert.deepEqual(list.map((one) => one.octets), [9, 2, 2, 0, 4 << 20]);
  const first = await dead('list', '--limit', '2');
  assert.match(first.err, /there are more/);
  assert.equal(first.out.split('\n').filter((line) => /\d+\/\d+-\d+/.test(line)).length, 2);
  assert.doesNotMatch(first.out, /\u001b/);

  assert.match((await dead('show', long)).out, /x{4194304}/);
  assert.equal(JSON.parse((await dead('show', '--json', ended)).out).indexes, '0-4');
  assert.equal((await dead('show', strange)).code, 0);
  for (const id of ['0', '0/', '9/1-1', '0/1700', '0/-', '0/+', 'x/1-1', '0/01-1']) assert.equal((await dead('show', id)).code, 2, id);
  for (const name of ['show', 'retry', 'drop']) assert.equal((await dead(name, '0/1-1')).code, 3, name);
  for (const id of [ended, moved, strange]) assert.equal((await dead('retry', id)).code, 4, id);
  assert.equal((await dead('show')).code, 2);

  const retried = await dead('retry', '--json', old);
  assert.equal(retried.code, 0);
  assert.equal(JSON.parse(retried.out).stream, 'anchal:{1}:jobs:service');
  const [[, fields]] = JSON.parse(await redis.command('--json', 'XREVRANGE', 'anchal:{1}:jobs:service', '+', '-', 'COUNT', '1'));
  assert.deepEqual(fields, ['v', '1', 'body', '{"id":"x"'], 'the same octets');
  for (const id of [ended, moved, strange, long]) assert.equal((await dead('drop', id)).code, 0, id);
  assert.equal((await dead('drop', long)).code, 3);
  assert.deepEqual(JSON.parse((await dead('list', '--json')).out), []);
});
