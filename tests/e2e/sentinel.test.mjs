// Real sentinels, a primary and a replica: the engine finds the primary by them, and goes on by itself when they make
// another one primary. The files of deploy/redis, with their paths, addresses and passwords.
import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, freePort, kill, ledgerOf, metricsOf, outcomes, push, start, startEngine, startRedis, startSmsc, until, verb, writeConfig } from './node_support.mjs';

const files = new URL('../../deploy/redis/', import.meta.url);
const secretHash = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';  // SHA-256 of "secret"
const login = ['--user', 'admin', '--pass', 'secret', '--no-auth-warning'];
const partitions = 4;
let first, second, sentinels, engine, configFile, otherConfigFile, directory, ledger;

async function startSentinel(primaryPort) {
  const port = await freePort();
  const file = join(await folder(), 'sentinel.conf');
  const shipped = await readFile(new URL('sentinel.conf', files), 'utf8');
  await writeFile(file, shipped.replace('port 26379', `port ${port}`).replace('127.0.0.1 6379 2', `127.0.0.1 ${primaryPort} 2`)
    .replace('the-password-of-that-user', 'secret').replace('anchal 5000', 'anchal 500').replace('anchal 30000', 'anchal 5000')
    + `dir ${join(file, '..')}\n`);
  return { child: start('redis-server', [file, '--sentinel']), port };
}

before(async () => {
  directory = await folder();
  const users = join(directory, 'users.acl');
  await writeFile(users, (await readFile(new URL('users.acl', files), 'utf8')).replaceAll('0'.repeat(64), secretHash));
  const server = async (...args) => {
    const file = join(await folder(), 'redis.conf');  // sentinels have it rewritten
    await copyFile(new URL('redis.conf', files), file);
    return startRedis({ port: await freePort(), login, args: [file, '--aclfile', users, '--masteruser', 'replica', '--masterauth', 'secret', '--repl-diskless-sync-delay', '0', ...args] });
  };
  first = await server();
  second = await server('--replicaof', `127.0.0.1 ${first.port}`);
  await until('the replica', async () => /master_link_status:up/.test(await replication(second)), [second.child]);
  sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(first.port)));
  // They look every 10 s what became of a Redis that is not in trouble.
  await until('the sentinels', async () => (await Promise.all(sentinels.map((sentinel) => tell(sentinel, 'DEBUG', 'INFO-PERIOD', '500')))).every((answer) => /OK/.test(answer)));
  ledger = join(directory, 'ledger');
  const smsc = await startSmsc(['--receipt-delay', '50', '--response-delay', '20', '--ledger', ledger]);
  await writeFile(join(directory, 'password'), 'secret\n');
  const url = `redis+sentinel://127.0.0.1:1,${sentinels.map(({ port }) => `127.0.0.1:${port}`)}/anchal`;
  const configOf = (id) => writeConfig({ url, settings: { username: 'anchal-engine', password_file: join(directory, 'password') } }, {
    engine: { id, lease_ms: 500 }, partitions, categories: { bulk: { lane: 'bulk', on_doubt: 'report', doubt_wait_s: 2 } },
    operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'], tps: 1000, window: 50 }] });
  configFile = await configOf('engine-1');
  otherConfigFile = await configOf('engine-2');
  engine = await startEngine(configFile);
});
after(cleanUp);

const tell = ({ port }, ...words) => new Promise((resolve) => {
  const child = start('redis-cli', ['-p', String(port), 'SENTINEL', ...words]);
  child.on('close', () => resolve(child.out));
});
const knownTo = async (sentinel) => {
  const rows = (await tell(sentinel, 'MASTER', 'anchal')).split('\n');
  return (name) => rows[rows.indexOf(name) + 1];
};
const allKnow = (check) => until('the sentinels to know each other', async () =>
  (await Promise.all(sentinels.map(knownTo))).every(check), [...sentinels.map(({ child }) => child)]);
/// What a Redis says of its replication; nothing where sentinels, which end the connections of whatever changes its role, cut that off.
const replication = (redis) => redis.command('INFO', 'replication').catch(() => '');
const finals = async (redis, tenant) => (await outcomes(redis, tenant, partitions)).filter((line) => line.final);
const job = (id, from, count) => ({ id, tenant: 'finance', category: 'bulk', sender: 'KLGOVT', text: 'Namaskaram',
  recipients: Array.from({ length: count }, (_, at) => ({ to: `+9198000${String(from + at).padStart(5, '0')}` })) });

test('the engine has found the primary past a sentinel that is down, and says where it is', async () => {
  assert.match(engine.log, new RegExp(`Redis 7.* at 127\\.0\\.0\\.1:${first.port}, named anchal by its sentinels`));
  const doctor = await verb(engine, 'doctor', '--config', configFile);
  assert.match(doctor.out + doctor.err, /anchal of sentinels 127\.0\.0\.1:1,/);
  assert.match(doctor.out + doctor.err, /min-replicas-to-write is 0/);
  const sent = await verb(engine, 'send', '--config', configFile, '--tenant', 'finance', '--category', 'service', '--sender', 'KLGOVT',
    '--to', '+919811100001', '--text', 'Hello', '--id', 'by-hand', '--follow', '--timeout', '30');
  assert.equal(sent.code, 0, sent.err);
});

test('kill -9 of the primary: the engine goes on with the replica, nothing that it had is lost', async () => {
  await allKnow((of) => of('num-other-sentinels') === '2' && of('num-slaves') === '1');
  const count = 4000;
  for (let from = 0; from < count; from += 100) await push(first, 'bulk', job(`failover-${from}`, from, 100), (from / 100) % partitions);
  await until('the campaign to be under way', async () => (await balance(engine)).final.delivered > 500, [engine]);
  assert.equal((await first.command('WAIT', '1', '1000')).trim(), '1');
  const killed = Date.now();
  await kill(first.child);
  const seen = (await balance(engine)).final.delivered;
  await until('the engine to go on', async () => (await balance(engine)).final.delivered > seen + 50, [engine], 60);
  const back = Date.now() - killed;
  const lines = await until('the rest of the campaign', async () => {
    const all = (await finals(second, 'finance')).filter((line) => line.job.startsWith('failover'));
    return new Set(all.map((line) => `${line.job} ${line.i}`)).size === count && all;
  }, [engine], 60);
  const parts = (await ledgerOf(ledger)).filter((row) => row.to.startsWith('9198000')).map((row) => row.to);
  const twice = parts.length - new Set(parts).size;
  const states = {};
  for (const { state } of lines) states[state] = (states[state] ?? 0) + 1;
  console.log(`on again after ${back} ms; of ${count} messages ${twice} twice on the wire, outcomes: ${
    Object.entries(states).map(([state, of]) => `${of} ${state}`).join(', ')}, ${lines.length - count} repeated`);
  assert.equal(twice, 0, 'category with on_doubt = "report"');
  const end = await until('an even balance', async () => {
    const now = await balance(engine);
    return now.waiting.in_flight + now.waiting.job_stream === 0 && now;
  }, [engine]);
  assert.equal(end.difference, 0);
  assert.match(engine.log, new RegExp(`127\\.0\\.0\\.1:${second.port}, named anchal by its sentinels, not the one we knew`));
});

test('the control plane has moved too', async () => {
  const added = await verb(engine, 'blackout', 'add', '--category', 'promotional', '--reason', 'order 17', '--name', 'Election', '--json');
  assert.equal(added.code, 0, added.err);
  assert.match(await second.command('HGETALL', 'anchal:{policy}:rules').catch((error) => error.stdout), /Election/);
});

test('the old primary comes back as a replica, and an orderly failover to it interrupts nothing for long', async () => {
  await first.restart();
  await until('the old primary to be a replica', async () => /role:slave[\s\S]*master_link_status:up/.test(await replication(first)), sentinels.map(({ child }) => child), 60);
  const count = 300;
  await until('the failover to be taken up', async () => /OK/.test(await tell(sentinels[0], 'FAILOVER', 'anchal')), sentinels.map(({ child }) => child));
  await until('the old primary to be primary again', async () => /role:master/.test(await replication(first)), sentinels.map(({ child }) => child), 60);
  for (let from = 0; from < count; from += 100) await push(first, 'bulk', job(`back-${from}`, 50_000 + from, 100), (from / 100) % partitions);
  const lines = await until('the campaign on the first Redis', async () => {
    const all = (await finals(first, 'finance')).filter((line) => line.job.startsWith('back'));
    return all.length >= count && all;
  }, [engine], 60);
  assert.equal(lines.length, count);
  assert.ok(lines.every((line) => line.state === 'delivered'));
  const metrics = await metricsOf(engine);
  assert.equal([...metrics].filter(([name]) => name.startsWith('anchal_store_forgotten')).reduce((sum, [, value]) => sum + value, 0), 0);
});

test('a failover that forgets a second of two engines: they tell it again, nothing at most once is sent twice', async () => {
  await until('the other Redis to be a replica', async () => /role:slave[\s\S]*master_link_status:up/.test(await replication(second)), sentinels.map(({ child }) => child), 60);
  await allKnow((of) => of('num-slaves') === '1' && of('flags') === 'master');
  const engines = [engine, await startEngine(otherConfigFile)];
  const told = async () => (await Promise.all(engines.map(metricsOf))).map((metrics) => metrics.get('anchal_store_told_again_transactions_total') ?? 0);
  await until('two engines to share the partitions', () => (engines[1].log.match(/partition \d taken/g) ?? []).length === partitions / 2, engines);
  const before = await told();
  const count = 6000;
  for (let from = 0; from < count; from += 100) await push(first, 'bulk', job(`forgets-${from}`, 60_000 + from, 100), (from / 100) % partitions);
  const taken = async () => (await ledgerOf(ledger)).map((row) => row.to).filter((to) => to >= '919800060000' && to < '919800066000');
  await until('the campaign to be under way', async () => (await taken()).length > 500, engines);
  // The hub's jobs are there; what the engines write from now on is not. A replica that is only stopped would find it in its
  // kernel's buffer, so its link ends too. Sentinels that see it stopped for longer than 500 ms choose it when it is back.
  assert.equal((await first.command('WAIT', '1', '1000')).trim(), '1');
  second.child.kill('SIGSTOP');
  await first.command('CLIENT', 'KILL', 'TYPE', 'replica');
  const stopped = Date.now(), already = (await taken()).length;
  await until('a second of load', () => Date.now() - stopped > 1000);
  const unseen = (await taken()).length - already;
  const killed = Date.now();
  await kill(first.child);
  second.child.kill('SIGCONT');
  const lines = await until('the rest of the campaign', async () => {
    const all = (await finals(second, 'finance')).filter((line) => line.job.startsWith('forgets'));
    return new Set(all.map((line) => `${line.job} ${line.i}`)).size === count && all;
  }, [...engines, ...sentinels.map(({ child }) => child)], 60);
  const parts = await taken();
  const twice = parts.length - new Set(parts).size;
  const again = (await until('what was told again to be counted', async () => {
    const now = await told();
    return now.some((value, at) => value > before[at]) && now;
  }, engines, 10).catch(told)).map((value, at) => value - before[at]);
  const states = {};
  for (const { state } of lines) states[state] = (states[state] ?? 0) + 1;
  console.log(`${unseen} parts sent while the replica saw nothing, the last outcome ${Date.now() - killed} ms after the kill; ${again.join(' and ')} transactions told again; of ${
    count} messages ${twice} twice on the wire, outcomes: ${Object.entries(states).map(([state, of]) => `${of} ${state}`).join(', ')}, ${lines.length - count} repeated`);
  assert.ok(unseen > 100, 'hardly anything was sent meanwhile');
  assert.ok(again.some((value) => value > 0), 'the failover forgot nothing: it was not tried');
  assert.equal(twice, 0, 'category with on_doubt = "report"');
  for (const one of engines) {
    const end = await until('an even balance', async () => {
      const now = await balance(one);
      return now.waiting.in_flight + now.waiting.job_stream === 0 && now;
    }, [one]);
    assert.equal(end.difference, 0);
  }
});
