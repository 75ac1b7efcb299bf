// Redis is full, read-only, slow, loading, busy, or its rights are gone, while a campaign is under way: the engine says so,
// nothing is lost and nothing written twice, and it goes on by itself when Redis does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, freePort, kill, metricsOf, push, start, startEngine, startRedis, startSmsc, until, verb, writeConfig } from './node_support.mjs';
import { Campaign, readiness, sumOf } from './campaign.mjs';

const settings = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--enable-debug-command', 'local', '--busy-reply-threshold', '100',
  '--user', 'engine', 'on', '>right', '~anchal:{*', '&*', '+@all', '-flushall'];
let redis, engine, ledger, configFile, directory, next = 0;

before(async () => {
  directory = await folder();
  ledger = join(directory, 'ledger');
  redis = await startRedis({ port: await freePort(), args: settings });
  await writeFile(join(directory, 'password'), 'right\n');
  const smsc = await startSmsc(['--receipt-delay', '1500', '--response-delay', '20', '--ledger', ledger]);
  configFile = await writeConfig({ ...redis, settings: { username: 'engine', password_file: join(directory, 'password') } }, {
    engine: { lease_ms: 300, shards: 1, state_dir: join(directory, 'state') }, categories: { bulk: { lane: 'bulk', on_doubt: 'report', doubt_wait_s: 2 } },
    operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'], tps: 250, window: 20 }] });
  await redis.command('SETRANGE', 'ballast', '40000000', 'x');  // so that a client more or less makes no percent
  engine = await startEngine(configFile);
});
after(cleanUp);

const underWay = (campaign, count) => until(`${count} messages of ${campaign.name} written`, async () => (await campaign.written(ledger)).size >= count, [engine]);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const info = async (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.command('INFO', 'memory'))[1]);

/// A campaign during which `disturb` happens; it gives what mends it. What /readyz says meanwhile must match `says`.
async function disturbed(name, { count = 600, disturb, says, logs, doubts = 0 }) {
  const campaign = new Campaign({ name, count, from: 100_000 * (next += 1) });
  await campaign.push(redis);
  await underWay(campaign, 150);
  const from = engine.log.length;
  let mend;
  try {
    mend = await disturb(campaign);
    if (says) await meanwhile(campaign, says, from);
  } finally {
    if (mend) await mend();
  }
  const { states } = await campaign.finish(redis, engine, ledger);
  assert.ok((states.unknown ?? 0) <= doubts, `${states.unknown} in doubt`);
  if (logs) assert.match(engine.log.slice(from), logs);
  await until('the engine to be ready', async () => (await readiness(engine)).ready, [engine]);
  assert.equal(engine.exitCode, null);
}

/// It says so, in /readyz, a metric and the log, and what it writes is at most what was journalled before.
async function meanwhile(campaign, says, from) {
  await until(`/readyz to say ${says}`, async () => {
    const { ready, text } = await readiness(engine);
    return !ready && says.test(text);
  }, [engine], 15);
  const metric = says === full ? 'anchal_store_full' : 'anchal_store_refusing';
  if (!/connection/.test(says.source)) assert.equal(sumOf(await metricsOf(engine), metric), 1);
  const written = (await campaign.written(ledger)).size;
  await pause(1000);
  const now = (await campaign.written(ledger)).size;
  assert.ok(now <= written + 40, `${now - written} written meanwhile`);
  const lines = engine.log.slice(from).split('\n').filter((line) => /\bRedis\b/.test(line));
  assert.ok(lines.length < 12, `the log is flooded:\n${lines.join('\n')}`);
}
const full = /Redis is full/;
const tight = async () => {
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  return () => redis.command('CONFIG', 'SET', 'maxmemory', '0');
};

test('nearly full: new jobs are not read, OTPs are, what was read settles; it goes on when there is room', async () => {
  const used = await info('used_memory');
  await redis.command('CONFIG', 'SET', 'maxmemory', String(Math.round(used / 0.93)));
  await until('/readyz to say so', async () => /nearly full/.test((await readiness(engine)).text), [engine]);
  assert.match(engine.log, /of its maxmemory: new jobs are not read, OTPs apart/);
  const job = { id: 'waits', tenant: 'finance', category: 'bulk', sender: 'KLGOVT', text: 'Namaskaram', to: '+919800000001' };
  await push(redis, 'bulk', job);
  await push(redis, 'otp', { ...job, id: 'otp', category: 'otp', to: '+919800000002' });
  await until('the OTP', async () => (await balance(engine)).final.delivered === 1, [engine]);
  assert.equal((await balance(engine)).accepted, 1);
  assert.equal(sumOf(await metricsOf(engine), 'anchal_store_full'), 1);
  await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  await until('the job', async () => (await balance(engine)).final.delivered === 2, [engine]);
  assert.equal(engine.log.match(/of its maxmemory: new jobs are not read/g).length, 1);
  assert.match(engine.log, /Redis has memory again: new jobs are read/);
});

test('full: it settles, reads nothing, and no outcome is lost', async () => {
  await disturbed('full', { says: full, logs: /Redis is full \(maxmemory\): reading stopped, settling goes on[\s\S]*reading goes on/,
    disturb: async () => {
      const mend = await tight();
      return async () => {
        const awaited = (await balance(engine)).waiting;
        assert.equal(awaited.in_flight, 0);
        const added = await verb(engine, 'blackout', 'add', '--category', 'promotional', '--reason', 'order 17', '--name', 'Election', '--json');
        assert.equal(added.code, 0, added.err);
        assert.equal((await verb(engine, 'blackout', 'end', JSON.parse(added.out).rule.id, '--reason', 'over')).code, 0);
        await until('the receipts of what was written to be settled', async () => (await balance(engine)).waiting.awaiting_receipt === 0, [engine]);
        assert.equal(engine.log.match(/Redis is full/g).length, 1, 'said once');
        await mend();
      };
    } });
});

test('full, and the engine is killed: another one takes the partitions and settles what comes in', async () => {
  await disturbed('full-and-killed', { doubts: 40, disturb: async () => {
    const mend = await tight();
    await until('/readyz', async () => full.test((await readiness(engine)).text), [engine]);
    await kill(engine);
    engine = await startEngine(configFile, false);
    await until('the partitions', async () => (await balance(engine)).partitions_owned === 2, [engine]);
    await until('the policy', async () => (await metricsOf(engine)).get('anchal_policy_confirmed') === 1, [engine]);
    assert.match((await readiness(engine)).text, full);
    return mend;
  } });
});

test('full, and scripts are not allowed: outcomes wait in memory and are written when there is room', async () => {
  await disturbed('full-without-scripts', { says: /Redis refuses what we write: .*(OOM|NOPERM)/, logs: /Redis takes what we write again/, disturb: async () => {
    await redis.command('ACL', 'SETUSER', 'engine', '-eval', '-evalsha');
    const mend = await tight();
    return async () => {
      await pause(1500);
      await mend();
      await redis.command('ACL', 'SETUSER', 'engine', '+eval', '+evalsha');
    };
  } });
});

test('it becomes a read-only replica, and primary again', async () => {
  await disturbed('read-only', { says: /no connection to Redis/, logs: /it is a replica, not the primary/, disturb: async () => {
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    return () => redis.command('REPLICAOF', 'NO', 'ONE');
  } });
});

test('too few replicas', async () => {
  await disturbed('replicas', { says: /Redis refuses what we write: NOREPLICAS/, logs: /NOREPLICAS/, disturb: async () => {
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    return () => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
  } });
});

test('its snapshots fail', async () => {
  await disturbed('misconfigured', { says: /Redis refuses what we write: MISCONF/, logs: /MISCONF/, disturb: async () => {
    await mkdir(join(redis.directory, 'dump.rdb'));  // in the place of the file
    await redis.command('CONFIG', 'SET', 'save', '3600 1');
    await redis.command('BGSAVE');
    return () => redis.command('CONFIG', 'SET', 'save', '');
  } });
});

test('it stands still for longer than a lease, and for longer than a command may take', async () => {
  for (const seconds of [2, 7]) {
    await disturbed(`asleep-${seconds}`, { disturb: async (campaign) => {
      const asleep = redis.command('DEBUG', 'SLEEP', String(seconds));
      await pause(500);
      const written = (await campaign.written(ledger)).size;
      await pause(1000 * seconds - 700);
      const now = (await campaign.written(ledger)).size;
      assert.ok(now <= written + 40, `${now - written} written while Redis slept`);
      assert.equal((await asleep).trim(), 'OK');
    } });
  }
});

test('writes are paused, as behind a slow fsync', async () => {
  await disturbed('paused', { disturb: async () => {
    for (let round = 0; round < 4; round += 1) {
      assert.equal((await redis.command('CLIENT', 'PAUSE', '700', 'WRITE')).trim(), 'OK');
      await pause(900);
    }
  } });
});

test("somebody else's script runs and runs", async () => {
  await disturbed('busy', { says: /Redis refuses what we write: BUSY|no connection to Redis/, disturb: async () => {
    start('redis-cli', ['-s', redis.socket, 'EVAL', 'while true do end', '0']);
    return () => redis.command('SCRIPT', 'KILL');
  } });
});

test('the password is changed and the connections end: it says so, and keeps trying', async () => {
  await disturbed('password', { says: /no connection to Redis/, logs: /WRONGPASS/, disturb: async () => {
    await redis.command('ACL', 'SETUSER', 'engine', '<right', '>wrong');
    await redis.command('CLIENT', 'KILL', 'USER', 'engine');
    return () => redis.command('ACL', 'SETUSER', 'engine', '>right');
  } });
});

test('a right is taken away', async () => {
  await disturbed('rights', { says: /Redis refuses what we write: .*NOPERM/, logs: /Redis refuses what we write.*NOPERM[\s\S]*takes what we write again/, disturb: async () => {
    await redis.command('ACL', 'SETUSER', 'engine', '-xadd');
    return () => redis.command('ACL', 'SETUSER', 'engine', '+xadd');
  } });
});

test('it loads for long after a restart', async () => {
  await disturbed('loading', { says: /no connection to Redis/, logs: /still loading its data|LOADING/, disturb: async () => {
    await kill(redis.child);
    redis.child = start('redis-server', [...settings, '--key-load-delay', '100', '--loading-process-events-interval-bytes', '1024',
      '--port', String(redis.port), '--unixsocket', redis.socket, '--dir', redis.directory]);
    await until('redis-server to load', async () => /LOADING/.test(await ping()), [redis.child]);
    await until('the engine to meet it', () => /still loading its data|LOADING/.test(engine.log), [engine]);
    return () => until('redis-server', async () => /PONG/.test(await ping()), [redis.child], 60);
  } });
});
const ping = () => new Promise((resolve) => execFile('redis-cli', ['-s', redis.socket, 'PING'], (error, out, err) => resolve(out + err + String(error ?? ''))));

test('doctor names what is configured badly', async () => {
  await redis.command('CONFIG', 'SET', 'maxmemory', '100mb');
  await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
  await redis.command('CONFIG', 'SET', 'save', '3600 1');
  const doctor = await verb(engine, 'doctor', '--config', configFile);
  assert.match(doctor.out + doctor.err, /min-replicas-to-write is 1 and 0 replicas are connected/);
  assert.match(doctor.out + doctor.err, /stop-writes-on-bgsave-error/);
});
