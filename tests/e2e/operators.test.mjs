// Operators that are dead, slow, or no SMSC at all: messages to the others do not notice, and none is lost.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { anchal, balance, cleanUp, folder, ledgerOf, metricsOf, outcomes, push, start, startEngine, startRedis, startSmsc, terminate, until, verb, writeConfig } from './node_support.mjs';

const each = 3000;  // messages to each operator
const others = 500;
let redis, engine, configFile, deadPort, ledgers, http;

before(async () => {
  redis = await startRedis();
  const directory = await folder();
  ledgers = Object.fromEntries(['healthy', 'slow', 'dead'].map((name) => [name, join(directory, name)]));
  const healthy = await startSmsc(['--receipt-delay', '5', '--ledger', ledgers.healthy]);
  const slow = await startSmsc(['--receipt-delay', '5', '--ledger', ledgers.slow, '--tps', '10']);
  const dead = await startSmsc(['--ledger', ledgers.dead]);
  deadPort = dead.port;
  const died = once(dead.child, 'exit');
  dead.child.kill('SIGKILL');
  await died;
  const simulatedHttp = await startSmsc(['--http']);
  const garbage = await startSmsc(['--garbage']);
  http = createServer((request, response) => response.end('hello'));
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  configFile = await writeConfig(redis, {
    engine: { shards: 1 },
    operators: [
      { name: 'healthy', port: healthy.port, prefixes: ['91980'] },
      { name: 'slow', port: slow.port, prefixes: ['91981'], window: 10 },
      { name: 'dead', port: deadPort, prefixes: ['91982'] },
      { name: 'http', port: simulatedHttp.port, prefixes: ['91983'] },
      { name: 'garbage', port: garbage.port, prefixes: ['91984'] },
      { name: 'web', port: http.address().port, prefixes: ['91985'] },
    ],
  });
  engine = await startEngine(configFile);
});
after(async () => {
  await cleanUp();
  http.closeAllConnections();
  http.close();
});

const operatorOf = (status, name) => status.operators.find((operator) => operator.name === name);
const total = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

test('one dead, one at 10 messages/s: the healthy one gets all of its own while the slow one crawls', async () => {
  // Every job holds a recipient for each of them in turn, so that any of them could stand in the way.
  const perJob = 300;
  for (let from = 0; from < each; from += perJob / 3) {
    const recipients = Array.from({ length: perJob }, (_, at) => ({ to: `+9198${at % 3}${String(from + Math.floor(at / 3)).padStart(7, '0')}` }));
    await push(redis, 'bulk', { id: `bulk-${from}`, tenant: 'finance', category: 'promotional', sender: 'KLGOVT', text: 'Namaskaram', recipients }, (from / 100) % 2);
  }
  let urgent = 0;
  const status = await until('the healthy one to have got everything', async () => {
    const now = await balance(engine);
    // An OTP now and then, as long as bulk waits.
    if (urgent < 20) {
      await push(redis, 'otp', { id: `otp-${urgent}`, tenant: 'portal', category: 'otp', sender: 'KLGOVT', text: '4815', to: `+9198099${String(urgent).padStart(5, '0')}` });
      urgent += 1;
    }
    return operatorOf(now, 'healthy').receipts.matched >= each + 20 && now;
  }, [engine], 60);
  assert.equal(operatorOf(status, 'healthy').parts.accepted, each + 20);
  const slow = operatorOf(status, 'slow');
  assert.ok(slow.parts.accepted > 0 && slow.parts.accepted < each / 6, `the slow one got ${slow.parts.accepted} meanwhile`);
  assert.equal(operatorOf(status, 'dead').parts.written, 0);
  assert.equal(operatorOf(status, 'dead').binds_up, 0);
  assert.equal(status.difference, 0);
  assert.equal(status.accepted, total(status.final) + total(status.waiting));
  // The OTPs came while the healthy one's bulk still waited: they stand before its last tenth.
  const parts = await until('the ledger', async () => {
    const rows = await ledgerOf(ledgers.healthy);
    return rows.length === each + 20 && rows;
  }, [engine]);
  const firstOtp = parts.findIndex((part) => part.to.startsWith('9198099'));
  assert.ok(firstOtp < each * 0.9, `the first OTP is number ${firstOtp}`);
});

test('what is no SMSC is named, tried again with patience, and costs nothing else', async () => {
  for (const [index, prefix] of ['91983', '91984', '91985'].entries()) {
    const recipients = Array.from({ length: others }, (_, at) => ({ to: `+${prefix}${String(at).padStart(7, '0')}` }));
    await push(redis, 'service', { id: `odd-${index}`, tenant: 'finance', category: 'service', sender: 'KLGOVT', text: 'Namaskaram', recipients });
  }
  const status = await until('all of it to wait', async () => {
    const now = await balance(engine);
    return ['http', 'garbage', 'web'].every((name) => operatorOf(now, name).backlog === others) && now;
  }, [engine]);
  for (const name of ['http', 'garbage', 'web']) {
    const operator = operatorOf(status, name);
    assert.equal(operator.binds_up, 0, name);
    assert.equal(operator.parts.written, 0, name);
  }
  assert.equal(status.difference, 0);
  await until('each to be named', () => ['http-1', 'garbage-1', 'web-1', 'dead-1'].every((bind) => engine.log.includes(`bind ${bind} closed: `)), [engine]);
  const said = (bind) => new RegExp(`bind ${bind} closed: (.*)`).exec(engine.log)[1];
  assert.match(said('dead-1'), /cannot connect to 127\.0\.0\.1:\d+: Connection refused/);
  for (const bind of ['http-1', 'web-1']) assert.match(said(bind), /the peer speaks HTTP, not SMPP/);
  assert.match(said('garbage-1'), /the peer sends what is not SMPP/);
  const metrics = await metricsOf(engine);
  assert.equal(metrics.get('anchal_bind_up{operator="http",bind="http-1"}'), 0);
  assert.ok(metrics.get('anchal_bind_closes_total{operator="garbage",bind="garbage-1"}') >= 1);
});

test('the dead one comes back and gets its own, across a restart of the engine', async () => {
  assert.equal(await terminate(engine), 0, engine.log);
  engine = await startEngine(configFile);
  await until('the partitions to be taken with all that waits', async () =>
    (await balance(engine)).accepted === 3 * each + 20 + 3 * others, [engine]);
  const back = start(anchal, ['smsc', '--port', String(deadPort), '--receipt-delay', '5', '--ledger', ledgers.dead]);
  const end = await until('all of the dead one\'s messages', async () => {
    const now = await balance(engine);
    return operatorOf(now, 'dead').parts.accepted >= each && operatorOf(now, 'dead').receipts.matched >= each && now;
  }, [engine, back], 60);
  assert.equal(end.difference, 0);
  assert.ok(operatorOf(end, 'slow').backlog > 0, 'the slow one still has its backlog');
  const got = (await ledgerOf(ledgers.dead)).map((part) => part.to);
  assert.equal(got.length, each);
  assert.equal(new Set(got).size, each);
  const slow = (await ledgerOf(ledgers.slow)).map((part) => part.to);
  assert.equal(new Set(slow).size, slow.length, 'the restart wrote nothing twice');
});

test('the hub has read each outcome once', async () => {
  const seen = new Set();
  for (const line of await outcomes(redis, 'finance', 2)) {
    if (!line.final) continue;
    assert.equal(line.state, 'delivered');
    assert.ok(['healthy', 'slow', 'dead'].includes(line.operator));
    assert.ok(!seen.has(`${line.job}/${line.i}`), `${line.job}/${line.i} twice`);
    seen.add(`${line.job}/${line.i}`);
  }
  assert.ok(seen.size >= 2 * each);
  const operators = await verb(engine, 'operators', '--json');
  assert.equal(operators.code, 0, operators.err);
  assert.equal(await terminate(engine), 0, engine.log);
});
