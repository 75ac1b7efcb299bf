// A client of Redis as a hub may have written it: pipelined, and it comes back by itself.
import { connect } from 'node:net';

/// One reply from `at`: [value, next], or nothing while it is incomplete. Errors are values.
function parse(data, at) {
  const end = data.indexOf('\r\n', at);
  if (end < 0) return undefined;
  const kind = data[at], line = data.toString('latin1', at + 1, end), next = end + 2;
  if (kind === 0x2b) return [line, next];
  if (kind === 0x2d) return [new Error(line), next];
  const size = Number(line);
  if (kind === 0x3a) return [size, next];
  if (size < 0) return [null, next];
  if (kind === 0x24) return data.length < next + size + 2 ? undefined : [data.toString('utf8', next, next + size), next + size + 2];
  const items = [];
  for (let count = 0, from = next; ; count += 1) {
    if (count === size) return [items, from];
    const item = parse(data, from);
    if (!item) return undefined;
    items.push(item[0]);
    from = item[1];
  }
}

export class Redis {
  #where;
  #socket;
  #waiting = [];
  #chunks = [];
  #size = 0;
  #retryAt = 64;

  constructor(where) { this.#where = where; }

  /// Rejects when the connection is lost: then nobody knows whether it was done.
  command(...args) {
    return new Promise((resolve, reject) => {
      const socket = this.#socket ?? this.#open();
      this.#waiting.push({ resolve, reject });
      const parts = [`*${args.length}\r\n`];
      for (const arg of args.map(String)) parts.push(`$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
      socket.write(parts.join(''));
    });
  }

  close() { this.#socket?.destroy(); }

  #open() {
    const socket = connect(this.#where);
    this.#socket = socket;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#chunks = [];
      this.#size = 0;
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('connection to Redis lost'));
    });
    return socket;
  }

  // A long reply comes in many pieces: it is looked at again only when it has grown a good deal.
  #take(piece) {
    this.#chunks.push(piece);
    this.#size += piece.length;
    if (this.#chunks.length > 1 && this.#size < this.#retryAt && piece.at(-1) !== 0x0a) return;
    const data = Buffer.concat(this.#chunks);
    let at = 0;
    for (let reply; at < data.length && (reply = parse(data, at)); at = reply[1]) {
      const { resolve, reject } = this.#waiting.shift();
      if (reply[0] instanceof Error) reject(reply[0]);
      else resolve(reply[0]);
    }
    this.#chunks = at < data.length ? [data.subarray(at)] : [];
    this.#size = data.length - at;
    this.#retryAt = 2 * this.#size;
  }
}
