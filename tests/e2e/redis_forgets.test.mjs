// Redis is killed, restored from an older copy, flushed: what was acknowledged and kept is not lost, nothing of a category
// with on_doubt = "report" is written twice, and what Redis forgot is said.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { balance, cleanUp, folder, kill, metricsOf, slowness, startEngine, startRedis, startSmsc, terminate, until, writeConfig } from './node_support.mjs';
import { Campaign, sumOf } from './campaign.mjs';

const arguments_ = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--enable-debug-command', 'local'];
let redis, engine, ledger, state, smsc, directory;

/// A campaign is to be under way still when something is done to Redis, by a machine that is busy with sanitizers too.
const longer = slowness > 1 ? 2 : 1;

const configure = (server, more = {}) => writeConfig(server, {
  engine: { lease_ms: 300, shards: 1, state_dir: state, ...more }, categories: { bulk: { lane: 'bulk', on_doubt: 'report', doubt_wait_s: 2 } },
  operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'], tps: 200, window: 20, receipt_deadline_h: 1 }] });
const operator = async (act) => {
  const answer = await fetch(`${engine.url}/api/v1/operators/alpha/${act}`, { method: 'POST', body: '{"reason":"test"}', headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 200, await answer.text());
};
const forgotten = async () => sumOf(await metricsOf(engine), 'anchal_store_forgotten_partitions_total');
const underWay = (count) => until(`${count} messages delivered`, async () => (await balance(engine)).final.delivered >= count, [engine]);

beforeEach(async () => {
  directory = await folder();
  ledger = join(directory, 'ledger');
  state = join(directory, 'state');
  redis = await startRedis({ args: arguments_ });
  smsc = await startSmsc(['--receipt-delay', '50', '--response-delay', '20', '--ledger', ledger]);
  engine = await startEngine(await configure(redis));
});
afterEach(cleanUp);

/// A copy of Redis' data as it is now, to be put back after its end; `delivered`: so many it knows of at most. With
/// everysec Redis keeps what it has to append for up to two seconds while a fsync takes its time; without fsync it has
/// written all of it before it answers.
async function copyData() {
  const copy = join(await folder(), 'copy');
  await redis.commands([['CONFIG', 'SET', 'appendfsync', 'no'], ['PING']]);
  await cp(join(redis.directory, 'appendonlydir'), copy, { recursive: true });
  const { final: { delivered } } = await balance(engine);
  await redis.command('CONFIG', 'SET', 'appendfsync', 'everysec');
  const putBack = async () => {
    const there = join(redis.directory, 'appendonlydir');
    await rm(there, { recursive: true });
    await cp(copy, there, { recursive: true });
    await redis.restart();
  };
  return { putBack, delivered };
}

test('Redis is killed and comes back with its append-only file: nothing is lost, nothing is in doubt', async () => {
  const campaign = new Campaign({ name: 'killed', count: 1000 * longer, from: 0 });
  await campaign.push(redis);
  await underWay(200);
  for (let round = 0; round < 3; round += 1) {
    const before = (await balance(engine)).final.delivered;
    await kill(redis.child);
    await redis.restart();
    await underWay(before + 100);
  }
  const { states } = await campaign.finish(redis, engine, ledger);
  assert.equal(states.delivered, campaign.count);
  assert.equal(await forgotten(), 0);
});

test('an older copy is restored under a running engine: what memory no longer covers is in doubt, with an alarm', async () => {
  const campaign = new Campaign({ name: 'restored', count: 2000, from: 10_000 });
  await campaign.push(redis);
  await underWay(200);
  const { putBack, delivered } = await copyData();
  await underWay(delivered + 1100);  // more than the five seconds that the engine can tell again
  await kill(redis.child);
  const before = (await campaign.written(ledger)).size;
  await putBack();
  await until('the alarm', async () => await forgotten() > 0, [engine]);
  assert.match(engine.log, /Redis is older than what is known of it/);
  const { states, written } = await campaign.finish(redis, engine, ledger, { awaiting: 40 });
  assert.ok(states.unknown > 1000, 'written after the copy, and forgotten');
  assert.ok(written <= before + 40, 'what was read may have been written');
  const fresh = new Campaign({ name: 'later', count: 100, from: 15_000 });
  await fresh.push(redis);
  assert.equal((await fresh.finish(redis, engine, ledger)).states.delivered, 100);
});

test('the engine dies with the Redis that is then restored: its small file knows', async () => {
  const campaign = new Campaign({ name: 'double', count: 2000, from: 20_000 });
  await campaign.push(redis);
  await underWay(200);
  const { putBack, delivered } = await copyData();
  await underWay(delivered + 600);
  // Writing stops, and a second later the file says how far it had come.
  await operator('pause');
  const file = join(state, 'engine-1.known');
  const first = await readFile(file, 'utf8');
  await until('the file to be written again', async () => await readFile(file, 'utf8') !== first, [engine]);
  await kill(engine);
  await kill(redis.child);
  await putBack();
  engine = await startEngine(await configure(redis));
  const { states, written } = await campaign.finish(redis, engine, ledger, { awaiting: 40 });
  assert.ok(await forgotten() > 0);
  assert.match(engine.log, /Redis is older than what is known of it/);
  assert.ok(states.unknown > 300);
  assert.deepEqual(Object.keys(states).sort(), ['delivered', 'unknown']);
  assert.ok(written > 800);
});

test('what may have been written and waits in a backlog is known to the next owner too, which remembers nothing', async () => {
  const campaign = new Campaign({ name: 'backlog', count: 2000, from: 70_000 });
  await operator('pause');
  await campaign.push(redis);
  await until('a backlog', async () => (await balance(engine)).waiting.backlog > 1900, [engine]);
  const { putBack } = await copyData();
  await operator('resume');
  await underWay(1200);  // longer than what can be told again
  await operator('pause');
  await kill(redis.child);
  await putBack();
  await until('the alarm', async () => await forgotten() > 0, [engine]);
  const waits = await until('the partitions', async () => {
    const now = await balance(engine);
    return now.partitions_owned === 2 && now.waiting.backlog;
  }, [engine]);
  await kill(engine);
  await rm(state, { recursive: true });
  engine = await startEngine(await configure(redis));
  await until('the partitions', async () => (await balance(engine)).partitions_owned === 2, [engine]);
  await operator('resume');
  const { states } = await campaign.finish(redis, engine, ledger, { awaiting: 60 });
  assert.equal(await forgotten(), 0, 'this one knows only what is noted in Redis');
  console.log(`${waits} in the backlog then`);
  assert.ok(waits > 1900 && states.unknown > 1100);
});

test('a file of other data, a broken one and none: the engine starts, says so, and puts nothing in doubt', async () => {
  const one = new Campaign({ name: 'one', count: 100, from: 30_000 });
  await one.push(redis);
  await one.finish(redis, engine, ledger);
  assert.equal(await terminate(engine), 0, engine.log);
  const file = join(state, 'engine-1.known');
  const known = await readFile(file, 'utf8');
  assert.match(known, /^anchal-knowledge 1 [0-9a-f]{16}\n\{"installation"/);

  const other = await startRedis({ args: arguments_ });
  // Of another name from the first: an empty one is taken for the same data, and what is done there would be known as done here.
  await other.command('SET', 'anchal:{fleet}:installation', 'abcdef');
  engine = await startEngine(await configure(other));
  assert.match(engine.log, /is of other data than this Redis holds; it is laid aside/);
  const two = new Campaign({ name: 'two', count: 100, from: 31_000 });
  await two.push(other);
  assert.equal((await two.finish(other, engine, ledger)).states.delivered, 100);
  assert.equal(await forgotten(), 0);
  assert.equal(await terminate(engine), 0, engine.log);
  assert.equal((await readdir(state)).length, 2);

  await writeFile(file, `${(await readFile(file, 'utf8')).slice(0, -20)}`);
  engine = await startEngine(await configure(other));
  assert.match(engine.log, /engine-1\.known is not used: its checksum is wrong/);
  assert.equal(await terminate(engine), 0, engine.log);

  engine = await startEngine(await configure(redis));  // and back to the first
  assert.match(engine.log, /laid aside/);
  const three = new Campaign({ name: 'three', count: 100, from: 32_000 });
  await three.push(redis);
  assert.equal((await three.finish(redis, engine, ledger)).states.delivered, 100);
  assert.equal(await forgotten(), 0, engine.log);
  assert.equal(await terminate(engine), 0, engine.log);

  const elsewhere = join(directory, 'no', 'folder');
  await writeFile(join(directory, 'no'), '');
  engine = await startEngine(await configure(redis, { state_dir: elsewhere }));
  await until('the warning', () => /cannot write .*no.folder.*; what Redis may forget is not kept/.test(engine.log), [engine]);
});

test('FLUSHALL by mistake: an alarm, no crash, and when the hub repeats its jobs nothing is written twice', async () => {
  const campaign = new Campaign({ name: 'flushed', count: 3000 * longer, from: 40_000 });
  await campaign.push(redis);
  await underWay(1300);
  await redis.command('FLUSHALL');
  await until('the alarm', async () => await forgotten() === 2, [engine]);
  assert.match(engine.log, /a backup, a flush, lost writes/);
  await campaign.push(redis);
  const { states, written } = await campaign.finish(redis, engine, ledger);
  assert.ok(states.unknown > 1000, 'forgotten, and perhaps written');
  assert.ok(written < campaign.count);
  const fresh = new Campaign({ name: 'fresh', count: 100, from: 50_000 });
  await fresh.push(redis);
  assert.equal((await fresh.finish(redis, engine, ledger)).states.delivered, 100);
});

test('DEBUG RELOAD: all keys are replaced under the watches, and nothing comes of it', async () => {
  const campaign = new Campaign({ name: 'reload', count: 600, from: 60_000 });
  await campaign.push(redis);
  for (let round = 0; round < 3; round += 1) {
    await underWay(150 * (round + 1));
    await redis.command('DEBUG', 'RELOAD');
  }
  assert.equal((await campaign.finish(redis, engine, ledger)).states.delivered, 600);
  assert.equal(await forgotten(), 0);
});
