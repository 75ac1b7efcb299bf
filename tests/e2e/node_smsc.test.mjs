// Our ESME (`anchal serve`) against the npm package smpp as SMSC: from a job in a real Redis to its outcome.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import smpp from 'smpp';
import { anchal, cleanUp, folder, start, startRedis, terminate, until } from './node_support.mjs';

let redis;
let engine;
const smsc = { sessions: [], binds: [], submits: [], links: 0, unbinds: 0, nextId: 1, throttleNext: 0, failures: [] };

/// What an SMSC does, with the receipts of what it accepted right behind the response.
function serve(session) {
  smsc.sessions.push(session);
  session.on('error', (error) => smsc.failures.push(String(error)));
  const bind = (pdu) => {
    smsc.binds.push(pdu);
    session.send(pdu.response({ system_id: 'node-smsc' }));
  };
  session.on('bind_transceiver', bind);
  session.on('bind_transmitter', bind);
  session.on('bind_receiver', bind);
  session.on('enquire_link', (pdu) => {
    smsc.links += 1;
    session.send(pdu.response());
  });
  session.on('unbind', (pdu) => {
    smsc.unbinds += 1;
    session.send(pdu.response());
    session.close();
  });
  session.on('submit_sm', (pdu) => {
    if (smsc.throttleNext > 0) {
      smsc.throttleNext -= 1;
      session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
      return;
    }
    smsc.submits.push(pdu);
    const id = String(smsc.nextId++);
    session.send(pdu.response({ message_id: id }));
    if (pdu.registered_delivery & 1) {
      session.deliver_sm({
        source_addr: pdu.destination_addr, source_addr_ton: 1, source_addr_npi: 1, destination_addr: pdu.source_addr,
        esm_class: 0x04, receipted_message_id: id, message_state: 2,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2603031200 done date:2603031201 stat:DELIVRD err:000 text:`,
      });
    }
  });
}

before(async () => {
  redis = await startRedis();
  const server = smpp.createServer(serve);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  smsc.server = server;
  const path = join(await folder(), 'anchal.toml');
  await writeFile(path, `
[engine]
id = "node-test"
[redis]
url = "unix://${redis.socket}"
partitions = 1
[admin]
listen = "127.0.0.1:0"
[[category]]
name = "service"
lane = "service"
[[operator]]
name = "node"
host = "127.0.0.1"
port = ${server.address().port}
system_id = "anchal"
password = "secret"
binds = 2
window = 10
tps = 500
prefixes = [""]
enquire_link_s = 1
`);
  engine = start(anchal, ['serve', '--config', path]);
  await until('two binds', () => smsc.binds.length >= 2, [engine, redis.child]);
});
after(async () => {
  await cleanUp();
  for (const session of smsc.sessions) session.destroy();
  smsc.server?.close();
});

async function push(job) {
  await redis.command('XADD', 'anchal:{0}:jobs:service', '*', 'v', '1', 'body', JSON.stringify({
    tenant: 'finance', category: 'service', sender: 'KLGOVT', ...job,
  }));
}

/// The final outcome lines of a job.
async function finals(job) {
  const reply = await redis.command('--json', 'XRANGE', 'anchal:{0}:outcomes:finance', '-', '+');
  const lines = [];
  for (const [, fields] of JSON.parse(reply)) {
    lines.push(...fields[fields.indexOf('body') + 1].trim().split('\n').map((line) => JSON.parse(line)));
  }
  return lines.filter((line) => line.job === job && line.final);
}

async function outcome(job, count = 1) {
  return until(`the outcome of ${job}`, async () => {
    const lines = await finals(job).catch(() => []);
    return lines.length >= count && lines;
  }, [engine, redis.child]);
}

test('the bind carries the account', () => {
  assert.equal(smsc.binds[0].command, 'bind_transceiver');
  assert.equal(smsc.binds[0].system_id, 'anchal');
  assert.equal(smsc.binds[0].password, 'secret');
  assert.equal(smsc.binds[0].interface_version, 0x34);
});

test('a message is submitted, receipted and delivered', async () => {
  await push({ id: 'one', to: '+919800000001', text: 'Namaskaram' });
  const [line] = await outcome('one');
  assert.equal(line.state, 'delivered');
  assert.equal(line.operator, 'node');
  assert.equal(line.i, 0);
  const pdu = smsc.submits.find((submit) => submit.destination_addr === '919800000001');
  assert.equal(pdu.source_addr, 'KLGOVT');
  assert.equal(pdu.source_addr_ton, 5);
  assert.equal(pdu.registered_delivery, 1);
  assert.equal(String(pdu.short_message.message), 'Namaskaram');
});

test('a long message in UCS-2 arrives in parts that join to the text', async () => {
  const text = 'നമസ്കാരം, ക്ഷാമബത്ത കുടിശ്ശിക നിങ്ങളുടെ അക്കൗണ്ടിൽ വരവ് വെച്ചിരിക്കുന്നു. '.repeat(3);
  await push({ id: 'long', to: '+919800000002', text, encoding: 'ucs2' });
  const [line] = await outcome('long');
  assert.equal(line.state, 'delivered');
  const parts = smsc.submits.filter((submit) => submit.destination_addr === '919800000002');
  assert.equal(line.parts, parts.length);
  assert.ok(parts.length > 1);
  const numbered = parts.map((pdu) => {
    assert.equal(pdu.data_coding, 8);
    assert.equal(pdu.esm_class & 0x40, 0x40);
    const [udh] = pdu.short_message.udh;
    const information = Buffer.isBuffer(udh) ? udh : pdu.short_message.udh;
    return { number: information[information.length - 1], text: String(pdu.short_message.message) };
  });
  numbered.sort((a, b) => a.number - b.number);
  assert.equal(numbered.map((part) => part.text).join(''), text);
});

test('many recipients get their own text and their own outcome', async () => {
  const recipients = Array.from({ length: 200 }, (_, index) => ({
    to: `+9198001${String(index).padStart(5, '0')}`, ref: `r${index}`, vars: { name: `N${index}` },
  }));
  await push({ id: 'many', template: 'Dear {name}', recipients });
  const lines = await outcome('many', 200);
  assert.deepEqual(lines.map((line) => line.i).sort((a, b) => a - b), recipients.map((_, index) => index));
  assert.ok(lines.every((line) => line.state === 'delivered' && line.ref === `r${line.i}`));
  const pdu = smsc.submits.find((submit) => submit.destination_addr === '919800100042');
  assert.equal(String(pdu.short_message.message), 'Dear N42');
});

test('a throttled submit is tried again', async () => {
  smsc.throttleNext = 1;
  await push({ id: 'throttled', to: '+919800000003', text: 'again' });
  const [line] = await outcome('throttled');
  assert.equal(line.state, 'delivered');
  assert.equal(smsc.throttleNext, 0);
  assert.equal(smsc.submits.filter((submit) => submit.destination_addr === '919800000003').length, 1);
});

test('a silent link is asked whether it lives', async () => {
  const before = smsc.links;
  await until('enquire_link', () => smsc.links > before, [engine]);
});

test('on SIGTERM the engine unbinds and ends with 0', async () => {
  assert.equal(await terminate(engine), 0, engine.log);
  assert.equal(smsc.unbinds, 2);
  assert.deepEqual(smsc.failures, []);
});
