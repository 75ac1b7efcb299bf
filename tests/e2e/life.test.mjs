// The verbs of `anchal` against a running engine, and the engine's own end: SIGTERM in the middle of work.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { balance, cleanUp, folder, ledgerOf, metricsOf, outcomes, push, startEngine, startRedis, startSmsc, terminate, until, verb, writeConfig } from './node_support.mjs';

let redis, engine, configFile, directory, ledger;

before(async () => {
  redis = await startRedis();
  directory = await folder();
  ledger = join(directory, 'ledger');
  const smsc = await startSmsc(['--receipt-delay', '20', '--response-delay', '150', '--ledger', ledger]);
  configFile = await writeConfig(redis, { operators: [{ name: 'alpha', port: smsc.port, prefixes: ['91'], window: 20 }] });
  engine = await startEngine(configFile);
});
after(cleanUp);

const settled = (tenant, count) => until(`${count} outcomes of ${tenant}`, async () => {
  const lines = (await outcomes(redis, tenant, 2)).filter((line) => line.final);
  return lines.length >= count && lines;
}, [engine]);
const header = (category) => ['--config', configFile, '--tenant', 'finance', '--category', category, '--sender', 'KLGOVT'];

test('a CSV file and a template become messages, and are followed to their end', async () => {
  const csv = join(directory, 'people.csv');
  const template = join(directory, 'template.txt');
  const people = Array.from({ length: 250 }, (_, at) => `+9198000${String(at).padStart(5, '0')},emp-${at},"Anu, ${at}",${at}00`);
  await writeFile(csv, `to,ref,name,amount\r\n${people.join('\r\n')}\r\n`);
  await writeFile(template, 'Dear {name}, Rs {amount} were credited.\n');
  const sent = await verb(engine, 'send', ...header('service'), '--csv', csv, '--template-file', template, '--id', 'arrears', '--follow', '--timeout', '60', '--json');
  assert.equal(sent.code, 0, sent.err);
  const lines = await settled('finance', 250);
  assert.ok(lines.every((line) => line.state === 'delivered' && line.job.startsWith('arrears')));
  assert.equal(new Set(lines.map((line) => line.ref)).size, 250);
  const part = (await ledgerOf(ledger)).find((row) => row.to === '919800000042');
  assert.equal(Buffer.from(part.hex, 'hex').toString(), 'Dear Anu, 42, Rs 4200 were credited.');
});

test('a CSV file with mistakes sends nothing and names each row', async () => {
  const csv = join(directory, 'bad.csv');
  await writeFile(csv, 'to,name\n+919800000001,Anu\n98000,Biju\n+919800000002\n');
  const template = join(directory, 'greeting.txt');
  await writeFile(template, 'Dear {name}');
  const before = (await balance(engine)).accepted;
  const sent = await verb(engine, 'send', ...header('service'), '--csv', csv, '--template-file', template);
  assert.notEqual(sent.code, 0);
  assert.match(sent.err, /bad\.csv: row 3: 'to' is no E\.164 number/);
  assert.match(sent.err, /bad\.csv: row 4 has fewer fields/);
  assert.doesNotMatch(sent.err, /98000/);
  await writeFile(template, 'Dear {nmae}');
  const misspelt = await verb(engine, 'send', ...header('service'), '--csv', csv, '--template-file', template);
  assert.notEqual(misspelt.code, 0);
  assert.match(misspelt.err, /nmae/);
  assert.equal((await balance(engine)).accepted, before);
});

test('one message by hand, its trace and the balance', async () => {
  const sent = await verb(engine, 'send', ...header('otp'), '--to', '+919811100001', '--text', '4815', '--id', 'by-hand', '--ref', 'mine', '--follow', '--timeout', '60');
  assert.equal(sent.code, 0, sent.err);
  const trace = await verb(engine, 'trace', 'finance', 'by-hand', '0', '--json');
  assert.equal(trace.code, 0, trace.err);
  assert.equal(JSON.parse(trace.out).state, 'delivered');
  assert.match((await verb(engine, 'trace', 'finance', 'by-hand', '0')).out, /^delivered \(final\)/);
  assert.equal((await verb(engine, 'trace', 'finance', 'nobody', '0')).code, 3);
  const status = await verb(engine, 'status', '--json');
  assert.equal(JSON.parse(status.out).difference, 0);
  assert.match((await verb(engine, 'status')).out, /difference 0/);
});

test('a blackout from its beginning to its end', async () => {
  const added = await verb(engine, 'blackout', 'add', '--category', 'promotional', '--reason', 'order 17', '--name', 'Election', '--json');
  assert.equal(added.code, 0, added.err);
  const { id } = JSON.parse(added.out).rule;
  await verb(engine, 'send', ...header('promotional'), '--to', '+919811100002', '--text', 'Offer', '--id', 'offer');
  const listed = await until('the message to be held', async () => {
    const { out } = await verb(engine, 'blackout', 'list', '--json');
    const [rule] = JSON.parse(out).blackouts;
    return rule.held === 1 && rule;
  }, [engine]);
  assert.equal(listed.id, id);
  assert.match((await verb(engine, 'blackout', 'list')).out, /Election/);
  assert.equal(JSON.parse((await verb(engine, 'trace', 'finance', 'offer', '0', '--json')).out).state, 'hold');
  assert.equal((await ledgerOf(ledger)).filter((row) => row.to === '919811100002').length, 0);
  await until('the metric', async () => (await metricsOf(engine)).get('anchal_gate_held_total{reason="blackout"}') === 1, [engine]);
  assert.equal((await verb(engine, 'blackout', 'end', id, '--reason', 'over')).code, 0);
  await settled('finance', 252);
  assert.match((await verb(engine, 'blackout', 'list', '--json')).out, /\[\]/);
});

test('PDUs are spelled out, and what is none is told where', async () => {
  const body = Buffer.from('\0\x05\0PROMO\0\x01\x01919800000001\0\0\0\0\0\0\x01\0\0\0\x05Hello', 'latin1');
  const head = Buffer.alloc(16);
  [16 + body.length, 4, 0, 7].forEach((value, at) => head.writeUInt32BE(value, 4 * at));
  const submit = Buffer.concat([head, body]).toString('hex');
  const decoded = await verb(undefined, 'pdu', 'decode', submit);
  assert.equal(decoded.code, 0, decoded.err);
  assert.match(decoded.out, /submit_sm/);
  assert.match(decoded.out, /919800000001/);
  const json = await verb(undefined, 'pdu', 'decode', submit, '--json');
  assert.equal(json.code, 0, json.err);
  JSON.parse(json.out);
  const cut = await verb(undefined, 'pdu', 'decode', submit.slice(0, -4));
  assert.equal(cut.code, 1);
  assert.match(cut.err, /\d/);
  assert.equal((await verb(undefined, 'pdu', 'decode', 'xyz')).code, 2);
});

test('SIGTERM in the middle of a campaign: the windows empty, nothing is lost or sent twice', async () => {
  const count = 1500;
  const before = await balance(engine);
  for (let from = 0; from < count; from += 100) {
    await push(redis, 'bulk', { id: `drain-${from}`, tenant: 'hub', category: 'promotional', sender: 'KLGOVT', text: 'Namaskaram',
      recipients: Array.from({ length: 100 }, (_, at) => ({ to: `+919822${String(from + at).padStart(6, '0')}` })) }, (from / 100) % 2);
  }
  await until('the campaign to be under way', async () => (await balance(engine)).final.delivered > before.final.delivered, [engine]);
  assert.equal(await terminate(engine), 0, engine.log);
  assert.match(engine.log, /draining/);
  assert.match(engine.log, /drained/);
  const ours = async () => (await ledgerOf(ledger)).filter((row) => row.to.startsWith('919822')).map((row) => row.to);
  const firstRun = await ours();
  assert.ok(firstRun.length > 0 && firstRun.length < count, `${firstRun.length} of ${count} before the end`);
  engine = await startEngine(configFile);
  const lines = await settled('hub', count);
  assert.equal(lines.length, count);
  assert.ok(lines.every((line) => line.state === 'delivered'));
  const all = await ours();
  assert.equal(all.length, count);
  assert.equal(new Set(all).size, count, 'no number twice');
  const end = await balance(engine);
  assert.equal(end.difference, 0);
  assert.equal(end.waiting.in_doubt, 0);
  assert.equal(end.accepted - before.accepted, count);
  assert.equal(await terminate(engine), 0, engine.log);
});
