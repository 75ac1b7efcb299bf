// /metrics of running engines: everything that docs/metrics.md lists is there and nothing else, and counters only
// rise, whoever owns the partitions.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { balance, cleanUp, metricsOf, outcomes, push, startEngine, startRedis, startSmsc, terminate, until, verb, writeConfig } from './node_support.mjs';

const documented = new Map();  // name to {kind, labels: {key: [values]}}
for (const line of (await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8')).split('\n')) {
  const row = /^\| `((?:anchal|process)_\w+)` \| (\w+) \| (.*?) \| /.exec(line);
  if (!row) continue;
  const labels = {};
  for (const [, key, values] of row[3].matchAll(/`(\w+)`(?:: ([^,]*))?/g)) labels[key] = values?.trim().split(' ') ?? [];
  documented.set(row[1], { kind: row[2], labels });
}

let redis, engine, smsc;
const configOf = (id) => writeConfig(redis, {
  engine: { id, lease_ms: 300 }, partitions: 4,
  operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'] }, { name: 'pair', port: smsc.port, bind: 'transmitter+receiver', prefixes: ['44'] }],
});

before(async () => {
  redis = await startRedis();
  smsc = await startSmsc(['--receipt-delay', '5', '--undelivered', '0.2']);
  engine = await startEngine(await configOf('engine-1'));
});
after(cleanUp);

let pushed = 0;
async function campaign(name) {
  for (let at = 0; at < 20; at += 1) {
    await push(redis, 'service', { id: `${name}-${at}`, tenant: 'finance', category: 'service', sender: 'KLGOVT', text: 'Namaskaram',
      recipients: Array.from({ length: 20 }, (_, index) => ({ to: `+9198${String(1000 * at + index).padStart(8, '0')}` })) }, at % 4);
    pushed += 20;
  }
  await until('its outcomes', async () => (await outcomes(redis, 'finance', 4)).filter((line) => line.final).length >= pushed, [engine]);
}

test('what is listed is exported, and the other way round', async () => {
  assert.ok(documented.size > 50);
  await campaign('first');
  const samples = await until('the outcomes to be published', async () => {
    const found = await metricsOf(engine);
    return found.get('anchal_receipts_total{operator="alpha",result="matched"}') === pushed && found.has('anchal_store_memory_used_ratio') && found;
  }, [engine]);
  const exported = new Map();
  for (const sample of samples.keys()) {
    const [, name, inside = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(sample);
    const labels = Object.fromEntries([...inside.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    const family = documented.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    assert.ok(documented.has(family), `${name} is not documented`);
    const known = documented.get(family);
    if (known.kind === 'histogram') delete labels.le;
    assert.deepEqual(Object.keys(labels).sort(), Object.keys(known.labels).sort(), sample);
    if (!exported.has(family)) exported.set(family, {});
    for (const [key, value] of Object.entries(labels)) (exported.get(family)[key] ??= new Set()).add(value);
  }
  for (const [name, { labels }] of documented) {
    assert.ok(exported.has(name), `${name} is listed and not exported`);
    for (const [key, values] of Object.entries(labels)) {
      if (values.length) assert.deepEqual([...exported.get(name)[key]].sort(), [...values].sort(), `${name}: ${key}`);
    }
  }
  assert.deepEqual([...exported.get('anchal_bind_up').bind].sort(), ['alpha-1', 'alpha-2', 'pair-1-rx', 'pair-1-tx', 'pair-2-rx', 'pair-2-tx'],
    'the receiver that a transceiver might need is no bind as long as it is not needed');
  for (const [sample, value] of samples) if (sample.startsWith('anchal_bind_up')) assert.equal(value, 1, sample);
});

test('the samples agree with the balance and with what was sent', async () => {
  const samples = await metricsOf(engine);
  const status = await balance(engine);
  assert.equal(status.difference, 0);
  for (const [state, count] of Object.entries(status.final)) assert.equal(samples.get(`anchal_messages_final_total{state="${state}"}`), count, state);
  for (const [place, count] of Object.entries(status.waiting)) assert.equal(samples.get(`anchal_messages_waiting{place="${place}"}`), count, place);
  assert.equal(samples.get('anchal_submit_parts_total{operator="alpha",result="accepted"}'), pushed);
  assert.equal(samples.get('anchal_submit_response_seconds_count{operator="alpha"}'), pushed);
  assert.equal(samples.get('anchal_receipts_total{operator="alpha",result="matched"}'), pushed);
  assert.equal(samples.get('anchal_rate_used_parts_total{operator="alpha"}'), pushed);
  assert.equal(samples.get('anchal_gate_decisions_total{decision="send"}'), pushed);
  assert.equal(samples.get('anchal_jobs_read_total'), 20);
  assert.equal(samples.get('anchal_ledger_difference_messages'), 0);
  assert.ok(samples.get('anchal_messages_final_total{state="undelivered"}') > 0);
  for (const name of ['transactions_total', 'journal_entries_total', 'journal_bytes_total', 'store_commands_total', 'takeovers_total', 'partitions_owned']) {
    assert.ok(samples.get(`anchal_${name}`) > 0, name);
  }
});

test('no counter falls when partitions are handed over and taken back', async () => {
  const isCounter = (sample) => {
    const name = /^\w+/.exec(sample)[0];
    return (documented.get(name) ?? documented.get(name.replace(/_(bucket|sum|count)$/, ''))).kind !== 'gauge';
  };
  let last = await metricsOf(engine);
  const look = async () => {
    const now = await metricsOf(engine);
    for (const [sample, value] of last) if (isCounter(sample)) assert.ok(now.get(sample) >= value, `${sample} fell from ${value} to ${now.get(sample)}`);
    last = now;
    return now;
  };
  const second = await startEngine(await configOf('engine-2'));
  engine.kill('SIGSTOP');
  await until('the other to have taken over', async () => (await metricsOf(second)).get('anchal_partitions_owned') === 4, [engine, second]);
  assert.equal((await metricsOf(second)).get('anchal_messages_accepted_total'), 0, 'what others accepted is not counted again');
  const before = pushed;
  await campaign('paused');
  engine.kill('SIGCONT');
  await until('the first to have been given its part again', async () => {
    const [first, other] = await Promise.all([look(), metricsOf(second)]);
    return first.get('anchal_partitions_owned') === 2 && other.get('anchal_partitions_owned') === 2;
  }, [engine, second]);
  await until('the second to have counted', async () =>
    (await metricsOf(second)).get('anchal_messages_accepted_total') === pushed - before, [engine, second]);
  const status = await until('the balance of the fleet', async () => {
    const { out } = await verb(engine, 'status', '--json');
    return JSON.parse(out).accepted === pushed && JSON.parse(out);
  }, [engine, second]);
  assert.equal(status.difference, 0);
  assert.equal(await terminate(second), 0, second.log);
  await until('all partitions to be back', async () => (await look()).get('anchal_partitions_owned') === 4, [engine]);
  await campaign('alone');
  await until('the campaign to be counted', async () => (await look()).get('anchal_messages_accepted_total') === before + 400, [engine]);
  assert.equal((await balance(engine)).accepted, pushed);
  assert.equal(await terminate(engine), 0, engine.log);
});
