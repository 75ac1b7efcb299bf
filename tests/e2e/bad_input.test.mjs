// What a hub can do wrong: each mistake is named with its place, costs no other job anything, and loses nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { balance, cleanUp, metricsOf, outcomes, push, startEngine, startRedis, startSmsc, terminate, until, writeConfig } from './node_support.mjs';

const deadBodyMax = 16 << 20;
let redis, engine;

before(async () => {
  redis = await startRedis();
  const smsc = await startSmsc(['--receipt-delay', '5']);
  engine = await startEngine(await writeConfig(redis, { operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'] }] }));
});
after(cleanUp);

const number = '+919800000001';
const job = (id, changes) => ({ id, tenant: 'finance', category: 'service', sender: 'KLGOVT', to: number, text: 'secret text', ...changes });
const many = (id, recipients, changes) => job(id, { to: undefined, recipients, ...changes });
const without = (id, name) => job(id, { [name]: undefined });
const raw = (text) => Buffer.from(text, 'latin1');

/// [body, reason, what the detail names]; `owner: false` where tenant or id cannot be read: then there is no outcome.
const mistakes = [
  ['{"id":"cut","tenant":"finance","category":', 'malformed_json', /./],
  ['no JSON at all', 'wrong_type', /not a JSON object/, { owner: false }],
  ['', 'missing_field', /body/, { owner: false }],
  ['["list"]', 'wrong_type', /not a JSON object/, { owner: false }],
  [`${JSON.stringify(job('tail'))} {}`, 'malformed_json', /closing brace/],
  [raw('{"id":"utf8","tenant":"finance","category":"service","sender":"K","to":"+919800000001","text":"\xff\xfe"}'), 'invalid_utf8', /UTF-8/i],
  [job('number', { to: 919800000001 }), 'wrong_type', /^to /],
  [job('text', { text: 7 }), 'wrong_type', /^text /],
  [job('flag', { receipt: 'yes' }), 'wrong_type', /^receipt /],
  [many('list', { to: number }), 'wrong_type', /^recipients /],
  [many('deep', [{ to: number }, { to: number }, { to: 5 }]), 'wrong_type', /^recipients\[2\]\.to /],
  [many('vars', [{ to: number, vars: { n: 1 } }]), 'wrong_type', /^recipients\[0\]\.vars /],
  [job('category', { category: 'party' }), 'unknown_category', /'party'/],
  [job('lane', { category: 'otp' }), 'wrong_lane', /'otp'.*'service'/],
  [job('own-lane', { lane: 'bulk' }), 'wrong_lane', /lane/],
  [many('crowd', Array.from({ length: 10001 }, () => ({ to: number }))), 'too_many_recipients', /10000/],
  [job('large', { text: 'x'.repeat(5 << 20) }), 'body_too_large', /5242\d{3} octets.*4194304/],
  [job('time', { expires_at: 'tomorrow' }), 'bad_time', /expires_at/],
  [job('field', { expire_at: 'x' }), 'unknown_field', /'expire_at'/],
  [job('template', { text: undefined, template: 'Dear {name' }), 'bad_template', /octet 5/],
  [job('both', { template: 'x' }), 'missing_field', /text and template/],
  [without('text-less', 'text'), 'missing_field', /text and template/],
  [without('sender-less', 'sender'), 'missing_field', /sender/],
  [without('to-less', 'to'), 'missing_field', /to and recipients/],
  [many('nobody', []), 'missing_field', /recipients/],
  [without('tenant-less', 'tenant'), 'missing_field', /tenant/, { owner: false }],
  [job('tenant', { tenant: 'a b' }), 'missing_field', /tenant/, { owner: false }],
  [job('encoding', { encoding: 'utf8' }), 'bad_value', /encoding/],
  [JSON.stringify(job('twice')).replace('{', '{"to":"+919800000002",'), 'bad_value', /^to stands twice/],
];

const nameOf = (body) => (Buffer.isBuffer(body) ? body.toString('latin1') : typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 60);
const finals = async () => (await outcomes(redis, 'finance', 2)).filter((line) => line.final);

async function deadLetters() {
  const letters = [];
  for (const partition of [0, 1]) {
    for (const [id, fields] of JSON.parse(await redis.command('--json', 'XRANGE', `anchal:{${partition}}:dead`, '-', '+'))) {
      const letter = { letter: id };
      for (let at = 0; at < fields.length; at += 2) letter[fields[at]] = fields[at + 1];
      letters.push(letter);
    }
  }
  return letters;
}

test('each mistake gets a dead letter and, where its owner can be read, an outcome', async () => {
  const entries = [];
  for (const [body] of mistakes) entries.push(await push(redis, 'service', body));
  const letters = await until('the dead letters', async () => {
    const found = await deadLetters();
    return found.length >= mistakes.length && found;
  }, [engine]);
  assert.equal(letters.length, mistakes.length);
  const lines = await finals();
  let owned = 0;
  for (const [index, [body, reason, detail, { owner = true } = {}]] of mistakes.entries()) {
    const what = nameOf(body);
    const letter = letters.find((one) => one.id === entries[index]);
    assert.ok(letter, what);
    assert.equal(letter.stream, 'anchal:{0}:jobs:service');
    assert.equal(letter.v, '1');
    assert.equal(letter.reason, reason, `${what}: ${letter.detail}`);
    assert.match(letter.detail, detail, what);
    assert.doesNotMatch(letter.detail, /9198000|secret/, what);
    if (!Buffer.isBuffer(body)) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      assert.equal(letter.body, text.slice(0, deadBodyMax), what);
    }
    if (!owner) continue;
    owned += 1;
    const id = /"id":"([^"]*)"/.exec(nameOf(body))[1];
    const outcome = lines.filter((line) => line.job === id);
    assert.equal(outcome.length, 1, what);
    assert.equal(outcome[0].state, 'invalid');
    assert.equal(outcome[0].i, null);
    assert.equal(outcome[0].reason, reason);
    assert.match(outcome[0].detail, detail);
  }
  assert.equal(lines.length, owned, 'and nobody else gets one');
});

test('an entry of another shape is refused as a whole', async () => {
  const entries = [
    [await redis.command('XADD', 'anchal:{1}:jobs:service', '*', 'v', '2', 'body', JSON.stringify(job('v2'))), 'unknown_version', /'v'/],
    [await redis.command('XADD', 'anchal:{1}:jobs:service', '*', 'hello', 'world'), 'missing_field', /'body'.*'data'/],
    [await redis.command('XADD', 'anchal:{1}:jobs:service', '*', 'data', '{"specversion":"2.0","data":{}}'), 'malformed_json', /CloudEvents/],
    [await redis.command('XADD', 'anchal:{1}:jobs:service', '*', 'data', '{"specversion":"1.0"}'), 'missing_field', /'data'/],
  ];
  const letters = await until('the dead letters', async () => {
    const found = await deadLetters();
    return found.length >= mistakes.length + entries.length && found;
  }, [engine]);
  for (const [id, reason, detail] of entries) {
    const letter = letters.find((one) => one.stream === 'anchal:{1}:jobs:service' && one.id === id.trim());
    assert.equal(letter?.reason, reason, id);
    assert.match(letter.detail, detail);
  }
});

test('a recipient that cannot be used costs the others nothing', async () => {
  await push(redis, 'service', many('mixed', [
    { to: number, ref: 'good', vars: { name: 'Anu' } },
    { to: number, ref: 'misspelt', vars: { nmae: 'Anu' } },
    { to: number, ref: 'none' },
    { to: number, ref: 'surplus', vars: { name: 'Anu', date: 'today' } },
    { to: '9800000001', ref: 'national', vars: { name: 'Anu' } },
    { to: '+0919800000001', ref: 'zero', vars: { name: 'Anu' } },
    { to: '+91 98000', ref: 'blank', vars: { name: 'Anu' } },
    { to: '+9198000000011111', ref: 'long', vars: { name: 'Anu' } },
    { to: '', ref: 'empty', vars: { name: 'Anu' } },
    { to: '+1202555000', ref: 'nowhere', vars: { name: 'Anu' } },
    { to: number, ref: 'last', vars: { name: 'Biju' } },
  ], { text: undefined, template: 'Dear {name}' }));
  const lines = await until('all outcomes', async () => {
    const found = (await finals()).filter((line) => line.job === 'mixed');
    return found.length >= 11 && found;
  }, [engine]);
  const by = Object.fromEntries(lines.map((line) => [line.ref, line]));
  assert.equal(lines.length, 11);
  assert.equal(by.good.state, 'delivered');
  assert.equal(by.last.state, 'delivered');
  assert.match(by.misspelt.reason, /template_variables.*name/);
  assert.match(by.none.reason, /template_variables.*name/);
  assert.match(by.surplus.reason, /template_variables.*date/);
  for (const ref of ['misspelt', 'none', 'surplus']) assert.equal(by[ref].state, 'invalid', ref);
  for (const ref of ['national', 'zero', 'blank', 'long', 'empty']) {
    assert.equal(by[ref].state, 'invalid', ref);
    assert.match(by[ref].reason, /bad_number.*E\.164/, ref);
  }
  assert.equal(by.nowhere.state, 'rejected');
  assert.equal(by.nowhere.reason, 'no_route');
});

test('a repeated job is counted and nothing else', async () => {
  await push(redis, 'service', job('repeat'));
  await until('its outcome', async () => (await finals()).some((line) => line.job === 'repeat'), [engine]);
  await push(redis, 'service', job('repeat', { text: 'other words' }));
  await until('the counter', async () => (await metricsOf(engine)).get('anchal_duplicates_total') === 1, [engine]);
  assert.equal((await finals()).filter((line) => line.job === 'repeat').length, 1);
});

test('the books are even, the metrics name every reason, the log names nobody', async () => {
  const status = await balance(engine);
  assert.equal(status.difference, 0);
  assert.equal(status.accepted, 12);
  assert.equal(Object.values(status.waiting).reduce((a, b) => a + b), 0);
  assert.deepEqual([status.final.delivered, status.final.invalid, status.final.rejected], [3, 8, 1]);
  const metrics = await until('the last refusals to be published', async () => {
    const found = await metricsOf(engine);
    return found.get('anchal_jobs_read_total') === mistakes.length + 4 + 3 && found;
  }, [engine]);
  const expected = { unknown_version: 1 };
  for (const reason of [...mistakes.map((one) => one[1]), 'missing_field', 'malformed_json', 'missing_field']) expected[reason] = (expected[reason] ?? 0) + 1;
  for (const name of ['anchal_jobs_refused_total', 'anchal_dead_letters_total']) {
    for (const [sample, count] of metrics) {
      const reason = sample.startsWith(`${name}{`) && /reason="(.*)"/.exec(sample)[1];
      if (reason) assert.equal(count, expected[reason] ?? 0, sample);
    }
  }
  assert.equal(await terminate(engine), 0, engine.log);
  assert.doesNotMatch(engine.log, /9800000001|secret text|Anu/);
});
