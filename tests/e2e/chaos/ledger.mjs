// What an SMSC says it took: its ledger, read while it grows.
import { open } from 'node:fs/promises';

/// The part that a ledger row holds: which of how many, of which reference, its text, and the octets of its submit_sm.
function partOf(row) {
  const user = Buffer.from(row.hex, 'hex');
  return { ...partIn(user, row), id: row.id, bind: row.bind, octets: 33 + row.from.length + row.to.length + user.length };
}

function partIn(octets, row) {
  if (!(row.esm & 0x40)) return { number: 1, parts: 1, reference: 0, text: octets.toString('latin1') };
  const [length, element, , reference, parts, number] = octets;
  if (element !== 0) throw new Error(`an unknown header in the ledger: ${row.hex}`);
  return { number, parts, reference, text: octets.toString('latin1', 1 + length) };
}

export class Ledger {
  times = [];  // of every part, in microseconds
  #file;
  #at = 0;
  #rest = '';
  #buffer = Buffer.alloc(1 << 20);

  constructor(path) { this.path = path; }

  /// Gives every row that came since to `take(row, part)`.
  async read(take) {
    this.#file ??= await open(this.path, 'r').catch(() => undefined);
    if (!this.#file) return;
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, this.#at);
      if (bytesRead === 0) return;
      this.#at += bytesRead;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, bytesRead)).split('\n');
      this.#rest = lines.pop();
      for (const line of lines) {
        const row = JSON.parse(line);
        this.times.push(row.t_us);
        take(row, partOf(row));
      }
    }
  }

  async close() { await this.#file?.close(); }

  /// The most parts in any window of 1,000 ms. `lags`: [instant, microseconds] at which what lies between the engines and us
  /// stood still and so long; parts that left in as much more than a second may arrive in one, and `tps` allows for these.
  /// `late`: the same of the SMSC itself: what it read then had come up to so long before, which matters to a window that
  /// begins there.
  fullestSecond(lags = [], tps = 0, late = []) {
    const times = Float64Array.from(this.times).sort();
    let most = 0;
    for (let from = 0, to = 0; to < times.length; to += 1) {
      while (times[to] - times[from] >= 1e6) from += 1;
      const count = to - from + 1;
      if (count <= most) continue;
      const lag = count <= tps ? 0 : Math.max(0,
        ...lags.filter(([at]) => at >= times[from] - 1e6 && at <= times[to]).map(([, length]) => length),
        ...late.filter(([at, length]) => times[from] >= at - length && times[from] <= at + 5000).map(([, length]) => length));
      most = Math.max(most, count - Math.floor((tps * lag) / 1e6));
    }
    return most;
  }
}
