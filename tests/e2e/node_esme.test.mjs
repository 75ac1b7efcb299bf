// The npm package smpp as ESME against our simulated SMSC.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import smpp from 'smpp';
import { cleanUp, folder, startSmsc, until } from './node_support.mjs';

let smsc;
let ledger;

before(async () => {
  ledger = join(await folder(), 'ledger.jsonl');
  smsc = await startSmsc(['--seed', '1', '--receipt-delay', '5', '--ledger', ledger]);
});
after(cleanUp);

/// A session that is connected, with promises in the place of callbacks.
async function connect() {
  const session = smpp.connect({ host: '127.0.0.1', port: smsc.port });
  session.failures = [];
  session.on('error', (error) => session.failures.push(error));
  await new Promise((resolve) => session.on('connect', resolve));
  session.ask = (command, options = {}) => new Promise((resolve) => session[command](options, resolve));
  session.closed = new Promise((resolve) => session.on('close', resolve));
  session.receipts = [];
  session.on('deliver_sm', (pdu) => {
    session.receipts.push(pdu);
    session.send(pdu.response());
  });
  return session;
}

async function bound(kind = 'bind_transceiver') {
  const session = await connect();
  const response = await session.ask(kind, { system_id: 'node', password: 'secret' });
  assert.equal(response.command_status, smpp.ESME_ROK);
  return session;
}

const submit = {
  source_addr_ton: 5, source_addr_npi: 0, source_addr: 'KLGOVT',
  dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: '919800000001',
  registered_delivery: 1, short_message: 'Namaskaram',
};

test('binds of every kind are taken and unbound in order', async () => {
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    const session = await connect();
    const response = await session.ask(kind, { system_id: 'node', password: 'secret' });
    assert.equal(response.command, `${kind}_resp`);
    assert.equal(response.command_status, smpp.ESME_ROK);
    const unbound = await session.ask('unbind');
    assert.equal(unbound.command, 'unbind_resp');
    assert.equal(unbound.command_status, smpp.ESME_ROK);
    session.close();
    await session.closed;
    assert.deepEqual(session.failures, []);
  }
});

test('a submit gets an id, and its receipt names that id', async () => {
  const session = await bound();
  const response = await session.ask('submit_sm', submit);
  assert.equal(response.command, 'submit_sm_resp');
  assert.equal(response.command_status, smpp.ESME_ROK);
  assert.ok(response.message_id.length > 0);
  const [receipt] = await until('a receipt', () => session.receipts.length > 0 && session.receipts, [smsc.child]);
  assert.equal(receipt.esm_class & 0x3c, 0x04);
  assert.equal(receipt.source_addr, submit.destination_addr);
  assert.equal(receipt.destination_addr, submit.source_addr);
  assert.match(String(receipt.short_message.message), new RegExp(`id:${response.message_id}\\b.*stat:DELIVRD`));
  await session.ask('unbind');
  session.close();
});

test('a long message goes in parts, each with an id and a receipt of its own', async () => {
  const session = await bound();
  const parts = ['one ', 'two ', 'three'];
  const ids = [];
  for (const [index, text] of parts.entries()) {
    const udh = Buffer.from([0x05, 0x00, 0x03, 0x2a, parts.length, index + 1]);
    const response = await session.ask('submit_sm', {
      ...submit, destination_addr: '919800000002', esm_class: 0x40, short_message: { udh, message: text },
    });
    assert.equal(response.command_status, smpp.ESME_ROK);
    ids.push(response.message_id);
  }
  assert.equal(new Set(ids).size, parts.length);
  await until('three receipts', () => session.receipts.length === parts.length, [smsc.child]);
  for (const id of ids) {
    assert.ok(session.receipts.some((receipt) => String(receipt.short_message.message).includes(`id:${id} `)), id);
  }
  const lines = await until('the ledger', async () => {
    const text = await readFile(ledger, 'utf8');
    const rows = text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const ours = rows.filter((row) => row.to === '919800000002');
    return ours.length === parts.length && ours;
  }, [smsc.child]);
  for (const [index, row] of lines.entries()) {
    assert.equal(row.hex.toLowerCase(), `0500032a03${String(index + 1).padStart(2, '0')}` +
      Buffer.from(parts[index]).toString('hex'));
  }
  await session.ask('unbind');
  session.close();
});

test('a text of UCS-2 arrives octet by octet', async () => {
  const session = await bound();
  const text = 'നമസ്കാരം';
  await session.ask('submit_sm', { ...submit, destination_addr: '919800000003', data_coding: 8, short_message: text });
  const row = await until('the ledger', async () => {
    const rows = (await readFile(ledger, 'utf8')).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    return rows.find((one) => one.to === '919800000003');
  }, [smsc.child]);
  assert.equal(row.dcs, 8);
  assert.equal(row.hex.toLowerCase(), Buffer.from(text, 'utf16le').swap16().toString('hex'));
  session.close();
});

test('enquire_link is answered', async () => {
  const session = await bound();
  const response = await session.ask('enquire_link');
  assert.equal(response.command, 'enquire_link_resp');
  assert.equal(response.command_status, smpp.ESME_ROK);
  await session.ask('unbind');
  session.close();
});

test('a submit without a bind is refused and the connection goes on', async () => {
  const session = await connect();
  const response = await session.ask('submit_sm', submit);
  assert.equal(response.command_status, smpp.ESME_RINVBNDSTS);
  const bind = await session.ask('bind_transceiver', { system_id: 'node', password: 'secret' });
  assert.equal(bind.command_status, smpp.ESME_ROK);
  session.close();
});

test('a hundred submits in flight are all answered', async () => {
  const session = await bound();
  const responses = await Promise.all(Array.from({ length: 100 }, (_, index) => session.ask('submit_sm', {
    ...submit, destination_addr: `9198001${String(index).padStart(5, '0')}`, registered_delivery: 0,
  })));
  assert.ok(responses.every((response) => response.command_status === smpp.ESME_ROK));
  assert.equal(new Set(responses.map((response) => response.message_id)).size, 100);
  await session.ask('unbind');
  session.close();
});

test('an SMSC that stood still says how late it came to its sockets', async () => {
  const { child } = await startSmsc(['--late-above', '2']);
  child.kill('SIGSTOP');
  const stat = `/proc/${child.pid}/stat`;
  await until('it to stand still', async () => (await readFile(stat, 'utf8')).split(') ')[1].startsWith('T'), [child]);
  const stopped = Date.now();
  await until('a while to pass', () => Date.now() > stopped + 20, [child]);
  const stoodMs = Date.now() - stopped;
  child.kill('SIGCONT');
  await until('the line', () => [...child.log.matchAll(/^late (\d+) us at (\d+)$/gm)].some(([, us, at]) => (
    Number(us) / 1000 >= stoodMs - 2 && Number(at) / 1000 >= stopped + stoodMs && Number(at) / 1000 <= Date.now() + 1)), [child]);
});
