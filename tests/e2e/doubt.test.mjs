// An SMSC that takes messages and never answers: what each category makes of the doubt, and what counts as evidence.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, kill, ledgerOf, metricsOf, outcomes, push, startEngine, startRedis, startSmsc, until, writeConfig } from './node_support.mjs';

const categories = {
  reported: { lane: 'service', on_doubt: 'report', doubt_wait_s: 2 },
  resent: { lane: 'service', on_doubt: 'resend_once', doubt_wait_s: 2 },
  asked: { lane: 'service', on_doubt: 'query', doubt_wait_s: 4 },
};
const operator = { response_timeout_s: 1, binds: 2, receipt_deadline_h: 1 };

let redis, engine, directory, configFile;
const ledgers = {};

async function smsc(name, ...args) {
  ledgers[name] = join(directory, name);
  return (await startSmsc(['--response-loss', '1', '--receipt-delay', '100', '--first-id', '1', '--ledger', ledgers[name], ...args])).port;
}

before(async () => {
  redis = await startRedis();
  directory = await folder();
  configFile = await writeConfig(redis, {
    engine: { shards: 2 },  // a receipt may come on a bind of the shard that does not own the message
    categories,
    operators: [
      { ...operator, name: 'repeats', prefixes: ['9191'], user_message_reference: true, port: await smsc('repeats', '--receipt-other-bind') },
      { ...operator, name: 'silent', prefixes: ['9192'], query_trusted: true, port: await smsc('silent', '--receipts', '0') },
      { ...operator, name: 'address', prefixes: ['9193'], receipt_by_address: true, port: await smsc('address', '--receipt-no-reference') },
      { ...operator, name: 'answers', prefixes: ['9194'], query_trusted: true, response_timeout_s: 30,
        port: await smsc('answers', '--receipts', '0') },
    ],
  });
  engine = await startEngine(configFile);
});
after(cleanUp);

const job = (id, category, ...to) => push(redis, 'service', { id, tenant: 'hub', category, sender: 'KLGOVT', text: `Notice ${id}`, recipients: to.map((number) => ({ to: `+${number}` })) });

const ends = (id, count) => until(`${count} outcomes of ${id}`, async () => {
  const lines = (await outcomes(redis, 'hub', 2)).filter((line) => line.job === id);
  return lines.filter((line) => line.final).length >= count && lines;
}, [engine]);

async function shows(id, count, expected) {
  const lines = await ends(id, count);
  assert.equal(lines.filter((line) => line.state === 'in_doubt').length > 0, true, `${id} was never in doubt`);
  for (const line of lines.filter((one) => one.final)) assert.deepEqual({ state: line.state, resent: line.resent ?? false }, expected, JSON.stringify(line));
  assert.equal(lines.filter((line) => line.final).length, count, `${id} has a second final outcome`);
}

const resolved = (evidence, count) => until(`${count} doubts resolved by ${evidence}`,  // metrics lag a little
  async () => (await metricsOf(engine)).get(`anchal_doubts_resolved_total{evidence="${evidence}"}`) === count, [engine], 10);

const partsTo = async (name, prefix) => (await ledgerOf(ledgers[name])).filter((row) => row.to.startsWith(prefix)).length;

test('a receipt that repeats the reference ends the doubt of every category, and nothing is sent again', async () => {
  for (const category of Object.keys(categories)) await job(`proved-${category}`, category, '919100000001', '919100000002');
  for (const category of Object.keys(categories)) await shows(`proved-${category}`, 2, { state: 'delivered', resent: false });
  assert.equal(await partsTo('repeats', '9191'), 6);
  await resolved('receipt', 6);
});

test('without evidence the category decides: report, resend once and say so, or report what cannot be asked about', async () => {
  await job('silent-reported', 'reported', '919200000001');
  await job('silent-resent', 'resent', '919200000002');
  await job('silent-asked', 'asked', '919200000003');
  await shows('silent-reported', 1, { state: 'unknown', resent: false });
  await shows('silent-resent', 1, { state: 'unknown', resent: true });
  await shows('silent-asked', 1, { state: 'unknown', resent: false });
  assert.equal(await partsTo('silent', '919200000001'), 1);
  assert.equal(await partsTo('silent', '919200000002'), 2);
  assert.equal(await partsTo('silent', '919200000003'), 1);
});

test('a receipt without reference counts where it fits one message in doubt, and not where it fits two', async () => {
  await job('one', 'reported', '919300000001');
  await job('twice', 'reported', '919300000002', '919300000002');
  await shows('one', 1, { state: 'delivered', resent: false });
  await shows('twice', 2, { state: 'unknown', resent: false });
});

test('query_sm decides where a former owner left an id and the operator is trusted', async () => {
  await job('asked', 'asked', '919400000001');
  await until('the submit to be taken', async () => (await partsTo('answers', '9194')) === 1, [engine]);
  await kill(engine);
  engine = await startEngine(configFile);
  // A crash between the two leaves the id in the receipt map and its result unsettled; here the response was lost as
  // well, and we put down what the former owner would have.
  const [field] = await until('the message to be in doubt', async () => {
    const keys = JSON.parse(await redis.command('--json', 'HKEYS', 'anchal:{0}:doubt'));
    const waiting = (await outcomes(redis, 'hub', 2)).some((line) => line.job === 'asked' && line.state === 'in_doubt');
    const record = (await Promise.all(keys.map((key) => redis.command('HGET', 'anchal:{0}:doubt', key))));
    const ours = keys.filter((key, at) => record[at].includes('Notice asked'));
    return waiting && ours.length > 0 && ours;
  }, [engine]);
  const hash = Buffer.from(field.split(':')[0], 'hex').reverse();
  const varint = (number) => { const out = []; for (let n = BigInt(number); ; n >>= 7n) { if (n < 128n) return [...out, Number(n)]; out.push(Number(n & 127n) | 128); } };
  const text = (value) => [...varint(Buffer.byteLength(value)), ...Buffer.from(value)];
  const now = Date.now();
  const target = Buffer.from([1, 0, ...varint(0), ...hash, ...varint(0), 0, 1, ...varint(now), ...varint(1), ...varint(0), ...text('hub'), ...text('"asked"'), ...text('')]);
  const generation = Math.floor(now / (3_600_000 / 4));
  await redis.commandWith(target, 'HSET', `anchal:{r0}:receipts:answers:${generation}:0`, '1');
  await shows('asked', 1, { state: 'delivered', resent: false });
  assert.equal(await partsTo('answers', '9194'), 1);
  await resolved('query', 1);
  assert.equal((await balance(engine)).difference, 0);
});
