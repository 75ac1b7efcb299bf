// An SMSC of a hundred lines that keeps every submit_sm as its octets came: what a decoder may smooth over,
// it shows. What it delivers is as raw.
import { createServer } from 'node:net';

const BIND_TRANSCEIVER = 0x09, SUBMIT_SM = 0x04, DELIVER_SM = 0x05, UNBIND = 0x06, ENQUIRE_LINK = 0x15, RESPONSE = 0x80000000;

class Reader {
  constructor(octets) { this.octets = octets; this.at = 0; }
  octet() { return this.octets[this.at++]; }
  text() {
    const end = this.octets.indexOf(0, this.at);
    const text = this.octets.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }
  take(count) { return this.octets.subarray(this.at, this.at += count); }
}

function readSubmit(body) {
  const in_ = new Reader(body);
  const pdu = { service: in_.text(), from: [in_.octet(), in_.octet(), in_.text()], to: [in_.octet(), in_.octet(), in_.text()] };
  pdu.esm = in_.octet();
  in_.take(2); // protocol_id, priority_flag
  in_.text(); // schedule_delivery_time
  pdu.validity = in_.text();
  pdu.registered = in_.octet();
  in_.octet();
  pdu.dcs = in_.octet();
  in_.octet();
  pdu.message = Buffer.from(in_.take(in_.octet()));
  pdu.tlvs = {};
  while (in_.at < body.length) {
    const tag = in_.take(2).readUInt16BE(), size = in_.take(2).readUInt16BE();
    pdu.tlvs[tag] = Buffer.from(in_.take(size));
  }
  return pdu;
}

/// Accepts every bind and message. `submits` holds them in order, with the system_id of their bind and the
/// id they got; `answered` the sequence numbers of deliveries that were answered with ESME_ROK.
export async function startRawSmsc() {
  const smsc = { submits: [], binds: new Set(), sockets: new Set(), accounts: new Map(), answered: new Set() };
  let delivered = 0;
  /// A deliver_sm over the bind of this account; returns its sequence number.
  smsc.deliver = (account, { from, to = 'KLGOVT', esm, dcs = 0, message, tlvs = Buffer.alloc(0) }) => {
    const head = Buffer.alloc(16);
    const body = Buffer.concat([Buffer.from(`\0\x01\x01${from}\0\x05\0${to}\0`, 'latin1'), Buffer.from([esm, 0, 0, 0, 0, 0, 0, dcs, 0, message.length]), message, tlvs]);
    [16 + body.length, DELIVER_SM, 0, ++delivered].forEach((value, i) => head.writeUInt32BE(value, 4 * i));
    smsc.accounts.get(account).write(Buffer.concat([head, body]));
    return delivered;
  };
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0), account = '', id = 0;
    smsc.sockets.add(socket);
    const answer = (command, sequence, body = Buffer.alloc(0)) => {
      const head = Buffer.alloc(16);
      [16 + body.length, (command + RESPONSE) >>> 0, 0, sequence].forEach((value, i) => head.writeUInt32BE(value, 4 * i));
      socket.write(Buffer.concat([head, body]));
    };
    socket.on('error', () => {});
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 16 && pending.length >= pending.readUInt32BE(0)) {
        const frame = pending.subarray(0, pending.readUInt32BE(0));
        pending = pending.subarray(frame.length);
        const command = frame.readUInt32BE(4), sequence = frame.readUInt32BE(12), body = frame.subarray(16);
        if (command === BIND_TRANSCEIVER) {
          account = new Reader(body).text();
          smsc.binds.add(account);
          smsc.accounts.set(account, socket);
          answer(command, sequence, Buffer.from('raw\0'));
        } else if (command === SUBMIT_SM) {
          smsc.submits.push({ account, id: `${account}-${++id}`, ...readSubmit(body) });
          answer(command, sequence, Buffer.from(`${account}-${id}\0`));
        } else if (command === DELIVER_SM + RESPONSE) {
          if (frame.readUInt32BE(8) === 0) smsc.answered.add(sequence);
        } else if (command === UNBIND || command === ENQUIRE_LINK) {
          answer(command, sequence);
        }
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  smsc.port = server.address().port;
  smsc.close = () => {
    for (const socket of smsc.sockets) socket.destroy();
    server.close();
  };
  return smsc;
}
