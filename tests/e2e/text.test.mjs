// Texts on the wire of the shipped binary: every vector through an operator with the vector's options, then
// the settings and job fields that no vector knows. ANCHAL_VECTORS names another directory of vectors.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { anchal, cleanUp, folder, start, startRedis, until } from './node_support.mjs';
import { startRawSmsc } from './raw_smsc.mjs';

const elsewhere = process.env.ANCHAL_VECTORS;
const file = [...(elsewhere ? [join(elsewhere, 'charset'), elsewhere] : []), new URL('../data/charset', import.meta.url).pathname]
  .map((directory) => join(directory, 'encoding_vectors.jsonl')).find((path) => existsSync(path));
const kinds = ['pdu_vectors.jsonl', 'dlr_vectors.jsonl', 'encoding_vectors.jsonl', 'charset/encoding_vectors.jsonl'];
assert(!elsewhere || kinds.some((name) => existsSync(join(elsewhere, name))), `ANCHAL_VECTORS=${elsewhere} has no vectors`);
const vectors = (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
const UDHI = 0x40;
const tag = { subunit: 0x0005, reference: 0x020c, total: 0x020e, number: 0x020f, payload: 0x0424 };

/// The settings that mean what a vector's options mean, where its defaults are not ours.
function settingsOf(options) {
  const lines = ['transliterate', 'chillu', 'allow_disputed'].map((name) => `${name} = ${options[name] ?? false}`);
  const national = options.national ?? 'off';
  if (national !== 'off') lines.push(`national_languages = ${JSON.stringify(national === 'all' ? ['all'] : national)}`);
  else lines.splice(2, 1);
  lines.push(`concat = "udh${options.ref_bits ?? 8}"`, `split = "${options.split ?? 'units'}"`, `max_parts = ${options.max_segments ?? 255}`);
  if (options.force === 'latin1') lines.push('latin1 = true');
  return lines.join('\n');
}

/// Operators by their settings. A number tells its operator by the digits behind 9198.
const operators = [];
function operatorFor(settings) {
  let at = operators.findIndex((known) => known.settings === settings);
  if (at < 0) at = operators.push({ settings, messages: 0 }) - 1;
  const to = `+9198${String(at).padStart(2, '0')}${String(operators[at].messages++).padStart(6, '0')}`;
  return { to, name: `op${at}` };
}

const cases = vectors.filter((vector) => vector.utf8_hex === undefined).map((vector) => {
  const { unit, count, tail = '' } = vector.text_repeat ?? {};
  const text = vector.text ?? unit.repeat(count) + tail;
  return { ...vector, text, options: vector.options ?? {}, ...operatorFor(settingsOf(vector.options ?? {})) };
});
const packed = cases.filter(({ expect }) => expect.packed_hex).flatMap((one) => [false, true].map((cr) => ({
  ...one, cr, hex: one.expect.packed_hex.map((hex, part) => (cr && one.expect.packed_hex_cr?.[part]) || hex),
  ...operatorFor(`${settingsOf(one.options)}\npacked = true\nfill_with_cr = ${cr}`),
})));
const own = {
  sar: operatorFor('concat = "sar"\ndefault_charset = "latin1"\nflash = "tlv"'),
  payload: operatorFor('concat = "payload"\ngsm7 = false\ndata_coding_ucs2 = 24'),
  none: operatorFor('concat = "none"\nlatin1 = true\ntransliterate = false\ndata_coding_latin1 = 1'),
  flash: operatorFor('flash = "dcs_1111"\nnewlines_to_lf = true\nnational_languages = ["malayalam"]'),
  plain: operatorFor('flash = "none"\nascii = true\ngsm7 = false'),
  untimed: operatorFor('send_validity_period = false'),
};

let redis, smsc, engine, url;
before(async () => {
  redis = await startRedis();
  smsc = await startRawSmsc();
  const path = join(await folder(), 'anchal.toml');
  await writeFile(path, `
[engine]
id = "text-test"
shards = 1
[redis]
url = "unix://${redis.socket}"
partitions = 1
[admin]
listen = "127.0.0.1:0"
[[category]]
name = "service"
lane = "service"
${operators.map(({ settings }, at) => `[[operator]]
name = "op${at}"
host = "127.0.0.1"
port = ${smsc.port}
system_id = "op${at}"
binds = 1
window = 300
prefixes = ["9198${String(at).padStart(2, '0')}"]
${settings}
`).join('')}`);
  engine = start(anchal, ['serve', '--config', path]);
  url = (await until('the admin listener', () => /listening on (http:[^\s,]+)/.exec(engine.log), [engine]))[1];
  await until('every bind', () => smsc.binds.size === operators.length, [engine, redis.child]);
});
after(async () => {
  await cleanUp();
  smsc?.close();
});

let jobs = 0;
async function push(to, content) {
  const id = `text-${jobs++}`;
  const body = JSON.stringify({ id, tenant: 'text', category: 'service', sender: 'KLGOVT', receipt: false, ...(to ? { to } : {}), ...content });
  const answer = await fetch(`${url}/api/v1/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(answer.status, 202, await answer.text());
  return id;
}

/// What became of each job: its last outcome line by index.
async function outcomes() {
  const reply = JSON.parse(await redis.command('--json', 'XRANGE', 'anchal:{0}:outcomes:text', '-', '+').catch(() => '[]'));
  const found = new Map();
  for (const [, fields] of reply) {
    for (const line of fields[fields.indexOf('body') + 1].trim().split('\n').map((text) => JSON.parse(text))) {
      if (line.final || line.state === 'submitted') found.set(`${line.job} ${line.i}`, line);
    }
  }
  return found;
}

async function outcome(id, index = 0) {
  return until(`the outcome of ${id}`, async () => (await outcomes()).get(`${id} ${index}`), [engine, redis.child], 60);
}

const partsTo = (to) => smsc.submits.filter((pdu) => pdu.to[2] === to.slice(1));

/// The octets with the reference of a vector instead of the engine's.
function withReference(octets, options, parts) {
  const out = Buffer.from(octets);
  if (parts > 1) {
    const wide = options.ref_bits === 16;
    assert.deepEqual([...out.subarray(1, 3)], wide ? [8, 4] : [0, 3]);
    if (wide) out.writeUInt16BE(options.ref ?? 0x1234, 3);
    else out[3] = options.ref ?? 0x5a;
  }
  return out.toString('hex').toUpperCase();
}

async function checkVectors(list, hexOf) {
  const ids = [];
  for (const one of list) ids.push(await push(one.to, { text: one.text, encoding: one.options.force ?? 'auto' }));
  await until('all outcomes', async () => { const got = await outcomes(); return ids.every((id) => got.has(`${id} 0`)); }, [engine, redis.child], 120);
  const got = await outcomes();
  list.forEach((one, at) => {
    const line = got.get(`${ids[at]} 0`), sent = partsTo(one.to), { expect } = one;
    if (expect.error) {
      assert.equal(line.state, 'invalid', one.name);
      assert.ok(line.reason.startsWith(expect.error), `${one.name}: ${line.reason}`);
      if (expect.offset !== undefined) assert.match(line.reason, new RegExp(` octet ${expect.offset} `), one.name);
      assert.equal(sent.length, 0, one.name);
      return;
    }
    assert.equal(line.parts, expect.segments, one.name);
    assert.equal(sent.length, expect.segments, one.name);
    for (const pdu of sent) assert.deepEqual([pdu.dcs, pdu.esm & UDHI], [expect.data_coding, expect.esm_class], one.name);
    const octets = sent.map((pdu) => withReference(pdu.message, one.options, sent.length));
    const hex = hexOf(one);
    if (hex) assert.deepEqual(octets, hex.map((part) => part.toUpperCase()), one.name);
    if (expect.hex_first && !one.hex) {
      assert.equal(octets[0], expect.hex_first.toUpperCase(), one.name);
      assert.equal(octets.at(-1), expect.hex_last.toUpperCase(), one.name);
    }
  });
}

test('every vector goes out octet for octet under an operator with its options', async () => {
  assert.ok(cases.length > 200);
  await checkVectors(cases, (one) => one.expect.hex);
});

test('packed septets go out as the vectors have them, with and without CR in the spare bits', async () => {
  assert.ok(packed.length > 100);
  await checkVectors(packed, (one) => one.hex);
});

test('SAR TLVs number the parts, and a Latin-1 default alphabet takes only what it shares with GSM 7-bit', async () => {
  const text = 'é'.repeat(200);
  const line = await outcome(await push(own.sar.to, { text, flash: true }));
  const parts = partsTo(own.sar.to);
  assert.equal(line.parts, 2);
  assert.deepEqual(parts.map((pdu) => [pdu.dcs, pdu.esm & UDHI, pdu.tlvs[tag.total][0], pdu.tlvs[tag.number][0]]), [[0, 0, 2, 1], [0, 0, 2, 2]]);
  assert.deepEqual(parts[0].tlvs[tag.reference], parts[1].tlvs[tag.reference]);
  assert.equal(Buffer.concat(parts.map((pdu) => pdu.message)).toString('latin1'), text);
  assert.deepEqual(parts.map((pdu) => [...pdu.tlvs[tag.subunit]]), [[1], [1]], 'flash by dest_addr_subunit');
});

test('message_payload carries a long text whole, under the data_coding of the operator', async () => {
  const text = 'മ'.repeat(300);
  assert.equal((await outcome(await push(own.payload.to, { text }))).state, 'submitted');
  const [pdu, ...more] = partsTo(own.payload.to);
  assert.equal(more.length, 0);
  assert.deepEqual([pdu.dcs, pdu.message.length], [24, 0]);
  assert.deepEqual(pdu.tlvs[tag.payload].swap16().toString('utf16le'), text);
});

test('without concatenation a text of two parts is invalid, and Latin-1 stands before UCS-2', async () => {
  const refused = await outcome(await push(own.none.to, { text: 'a'.repeat(161) }));
  assert.equal(refused.state, 'invalid');
  assert.equal(refused.reason, 'too_many_segments: it would take 2 parts');
  assert.equal((await outcome(await push(own.none.to, { text: 'naïve “no”'.replace(/[“”]/g, '"') }))).state, 'submitted');
  const [pdu] = partsTo(own.none.to);
  assert.deepEqual([pdu.dcs, pdu.message.toString('latin1')], [1, 'naïve "no"']);
});

test('a job narrows what its operator allows', async () => {
  const text = 'മഴ '.repeat(30).trim();
  for (const [encoding, dcs, parts] of [['auto', 0xf0, 1], ['ucs2', 0x18, 2], ['gsm7', 0xf0, 1]]) {
    const before = smsc.submits.length;
    assert.equal((await outcome(await push(own.flash.to, { text, encoding, flash: true }))).parts, parts, encoding);
    assert.deepEqual(smsc.submits.slice(before).map((pdu) => pdu.dcs), Array(parts).fill(dcs), encoding);
  }
  for (const [to, encoding, reason] of [[own.flash.to, 'latin1', /^not_encodable at octet 0 /], [own.plain.to, 'gsm7', /^not_encodable at octet 0 /]]) {
    const line = await outcome(await push(to, { text, encoding }));
    assert.equal(line.state, 'invalid');
    assert.match(line.reason, reason);
  }
});

test('flash is told only where the operator has a way, and CR LF becomes LF where it says so', async () => {
  assert.equal((await outcome(await push(own.plain.to, { text: 'plain', flash: true }))).state, 'submitted');
  const pdu = partsTo(own.plain.to).at(-1);
  assert.deepEqual([pdu.dcs, pdu.message.toString('latin1'), Object.keys(pdu.tlvs)], [1, 'plain', []]);
  await outcome(await push(own.flash.to, { text: 'a\r\nb' }));
  assert.equal(partsTo(own.flash.to).at(-1).message.toString('latin1'), 'a\nb');
});

test('the SMSC is told how long a message is good for, where the job says so and the operator wants it', async () => {
  const seconds = (validity) => {
    const [, days, ...clock] = /^0000(\d\d)(\d\d)(\d\d)(\d\d)000R$/.exec(validity)?.map(Number) ?? assert.fail(`not relative: "${validity}"`);
    assert.ok(clock[0] < 24 && clock[1] < 60 && clock[2] < 60, validity);
    return ((days * 24 + clock[0]) * 60 + clock[1]) * 60 + clock[2];
  };
  const submitted = async (to, content) => {
    const before = smsc.submits.length;
    assert.equal((await outcome(await push(to, content))).state, 'submitted');
    return smsc.submits.slice(before).map((pdu) => pdu.validity);
  };
  for (const [minutes, text] of [[10, 'soon'], [25 * 60, 'a'.repeat(200)], [29 * 24 * 60, 'late']]) {
    const before = Date.now(), expires = before + minutes * 60_000;
    const told = await submitted(own.plain.to, { text, expires_at: new Date(expires).toISOString() });
    assert.equal(told.length, text.length > 160 ? 2 : 1);
    for (const validity of told) {
      assert.ok(seconds(validity) <= (expires - before) / 1000, validity);
      assert.ok(seconds(validity) >= Math.floor((expires - Date.now()) / 1000), validity);
    }
  }
  // Beyond 30 days a relative time has no exact form: then it is the instant itself, in UTC.
  const far = new Date(Math.floor(Date.now() / 1000) * 1000 + 45 * 24 * 3600_000);
  const instant = far.toISOString().replace(/\D/g, '').slice(2, 14);
  assert.deepEqual(await submitted(own.plain.to, { text: 'far', expires_at: far.toISOString() }), [`${instant}000+`]);
  assert.deepEqual(await submitted(own.plain.to, { text: 'whenever' }), ['']);
  assert.deepEqual(await submitted(own.untimed.to, { text: 'untold', expires_at: new Date(Date.now() + 600_000).toISOString() }), ['']);
});

test('receipts are read packed, in UCS-2 over two parts, behind a header and with SAR TLVs', async () => {
  const septets = (text) => {
    const bits = [...Buffer.from(text, 'latin1')].map((octet) => octet.toString(2).padStart(7, '0')).reverse().join('');
    const padded = bits.padStart(Math.ceil(bits.length / 8) * 8, '0');
    return Buffer.from(padded.match(/.{8}/g).reverse().map((octet) => parseInt(octet, 2)));
  };
  const wide = (text) => Buffer.from(text, 'utf16le').swap16();
  const behind = (header, octets) => Buffer.concat([Buffer.from([header.length, ...header]), octets]);
  const sar = (number) => Buffer.from([0x02, 0x0c, 0, 2, 0, 7, 0x02, 0x0e, 0, 1, 2, 0x02, 0x0f, 0, 1, number]);
  // What the SMSC sends of a receipt's text, each way for an operator of its own.
  const ways = [
    [packed.at(0), (text) => [{ esm: 4, message: septets(text) }]],
    [own.untimed, (text) => [1, 2].map((number) => ({
      esm: 0x44, dcs: 8, message: behind([0, 3, 9, 2, number], wide(number === 1 ? text.slice(0, 67) : text.slice(67))) }))],
    [own.none, (text) => [{ esm: 0x44, message: behind([5, 4, 0x0b, 0x84, 0, 0], Buffer.from(text)) }]],
    [own.sar, (text) => [2, 1].map((number) => ({ esm: 4, message: Buffer.from(number === 1 ? text.slice(0, 60) : text.slice(60)), tlvs: sar(number) }))],
  ];
  for (const [{ to }, parts] of ways) {
    const before = smsc.submits.length;
    const id = await push(to, { text: 'receipt, please', receipt: true });
    await until('the submit', () => smsc.submits.length > before, [engine]);
    const { account, id: theirs } = smsc.submits.at(-1);
    const text = `id:${theirs} sub:001 dlvrd:001 submit date:2603030900 done date:2603030901 stat:UNDELIV err:007 text:receipt`;
    const sent = parts(text).map((part) => smsc.deliver(account, { from: to.slice(1), ...part }));
    const line = await outcome(id);
    assert.deepEqual([line.state, line.error], ['undelivered', '007'], account);
    await until('the answers', () => sent.every((sequence) => smsc.answered.has(sequence)), [engine]);
  }
});

test('a template and its variables must be the same, recipient by recipient', async () => {
  const [to, ...others] = Array.from({ length: 4 }, () => operatorFor(operators[0].settings).to);
  const id = await push(null, {
    template: 'Dear {name}, {{{amount}}} on {date}.',
    recipients: [
      { to, vars: { name: 'Anu', amount: '4,210', date: '3 March' } },
      { to: others[0], vars: { name: 'Biju', amount: '1' } },
      { to: others[1], vars: { name: 'Biju', amount: '1', date: 'x', nmae: 'y' } },
      { to: others[2] },
    ],
  });
  assert.equal((await outcome(id, 0)).state, 'submitted');
  const reasons = [];
  for (const index of [1, 2, 3]) {
    const line = await outcome(id, index);
    assert.equal(line.state, 'invalid');
    reasons.push(line.reason);
  }
  assert.deepEqual(reasons, ['template_variables: missing variables: date', 'template_variables: extra variables: nmae',
    'template_variables: missing variables: name, amount, date']);
  assert.equal(partsTo(to)[0].message.toString('latin1'), 'Dear Anu, \x1b(4,210\x1b) on 3 March.');
  assert.ok(others.every((number) => partsTo(number).length === 0));
});

test('a body that is no UTF-8 becomes a dead letter that names the octet', async () => {
  const body = Buffer.concat([Buffer.from('{"id":"x","tenant":"text","category":"service","sender":"S","to":"+919800000001","text":"a'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]);
  const script = "local body = '' for octet in string.gmatch(ARGV[1], '..') do body = body .. string.char(tonumber(octet, 16)) end return redis.call('XADD', KEYS[1], '*', 'v', '1', 'body', body)";
  await redis.command('EVAL', script, '1', 'anchal:{0}:jobs:service', body.toString('hex'));
  const dead = await until('the dead letter', async () => (await redis.command('XRANGE', 'anchal:{0}:dead', '-', '+')).includes('invalid_utf8')
    && redis.command('XRANGE', 'anchal:{0}:dead', '-', '+'), [engine]);
  assert.match(dead, new RegExp(`octet ${body.indexOf(0xed)} of the body`));
});
