// The hub of a campaign that goes on as long as faults are injected: it pushes jobs of every kind as fast as they end,
// repeats what it cannot know to be pushed, and reads ledgers and outcomes.
import { categories, partitions, sleep } from './stage.mjs';

const tenants = ['finance', 'portal'];

/// The usual mix of categories and operators.
function mixed(random) {
  const category = random.one(['otp', 'otp', 'otp', 'notice', 'notice', 'notice', 'service', 'service', 'reminder', 'reminder', 'promotional', 'promotional', 'promotional']);
  return { category, operator: random.chance(0.75) ? 'alpha' : 'bravo' };
}

export class Campaign {
  messages = [];  // by their serial number
  repeatedPushes = 0;
  #jobs = [];     // pushed lately, or not known to be
  #cursors = {};
  #watches = [];
  #doneCount = 0;
  #pushing = true;
  #stopped = false;
  #running;

  /// `waiting`: how many messages without an outcome there are to be at any time. `choose(random)`: category and
  /// operator of a job, where the usual mix is not wanted. `forgetfulMs`: Redis may forget pushes of the last so many
  /// milliseconds when it dies, and the hub repeats them.
  constructor(stage, random, { waiting = 500, choose = mixed, forgetfulMs = 0 } = {}) {
    Object.assign(this, { stage, random, waiting, choose, forgetfulMs });
    this.byNumber = new Map();
    this.rewind();
  }

  start() { this.#running = this.#run(); }

  /// No new jobs from now on; what is not known to be pushed is still repeated.
  stop() { this.#pushing = false; }

  async end() {
    this.#stopped = true;
    await this.#running;
  }

  /// Reads the outcomes from the start: Redis may have forgotten some, and give their ids to others.
  rewind() {
    for (let partition = 0; partition < partitions; partition += 1) {
      for (const tenant of tenants) this.#cursors[`anchal:{${partition}}:outcomes:${tenant}`] = '0';
    }
  }

  /// Redis died: what it did not acknowledge, and what it may have forgotten, is pushed again.
  redisDied(at) {
    this.rewindTo(at / 1000 - 10_000);
    for (const job of this.#jobs) if (job.pushedAt !== undefined && job.pushedAt > at - this.forgetfulMs * 1000) job.pushedAt = undefined;
  }

  rewindTo(ms) {
    for (const key of Object.keys(this.#cursors)) {
      if (Number(this.#cursors[key].split('-')[0]) > ms) this.#cursors[key] = `${Math.floor(ms)}`;
    }
  }

  /// When each of these partitions has submitted after `from`: the instants, in microseconds like `from`. `of` leaves out
  /// messages that do not count. `seen` is filled meanwhile: which partitions have, and when.
  submitsOf(ofPartitions, from, { of = () => true, seen = new Map() } = {}) {
    return new Promise((done) => this.#watches.push({ from, ofPartitions, of, seen, done }));
  }

  get unfinished() { return this.messages.length - this.#doneCount; }

  /// One more job of this kind, whatever waits. `count` and `partition` are drawn where they are not said.
  push(choice) { this.#jobs.push(this.#draw(choice)); }

  #draw({ category, operator, long, count, partition } = this.choose(this.random)) {
    const { random } = this;
    long ??= category !== 'otp' && random.chance(0.1);
    const { prefix } = this.stage.operators.find(({ name }) => name === operator);
    count ??= category === 'otp' || random.chance(0.6) ? 1 : random.between(2, 25);
    const tail = long ? ' ' + 'namaskaram '.repeat(random.between(15, 38)).trim() : '';
    const job = { id: `job-${this.messages.length}`, tenant: random.one(tenants), category, partition: partition ?? random.between(0, partitions - 1), acknowledged: false };
    const body = { id: job.id, tenant: job.tenant, category, sender: 'KLGOVT' };
    const recipients = Array.from({ length: count }, (_, i) => {
      const serial = this.messages.length;
      const to = `${prefix}${String(serial).padStart(8, '0')}`;
      const message = { to, job: job.id, i, tenant: job.tenant, category, operator, partition: job.partition, text: `This is ${serial} of you${tail}`,
        taken: [], doubts: [], finals: [] };
      this.messages.push(message);
      this.byNumber.set(to, message);
      return { to: `+${to}`, vars: { serial: String(serial) }, text: message.text };
    });
    if (count === 1) Object.assign(body, { to: recipients[0].to, text: recipients[0].text });
    else Object.assign(body, { template: `This is {serial} of you${tail}`, recipients: recipients.map(({ to, vars }) => ({ to, vars })) });
    job.key = `anchal:{${job.partition}}:jobs:${categories[category].lane}`;
    job.body = JSON.stringify(body);
    return job;
  }

  async #push() {
    if (this.#pushing) {
      for (let room = this.waiting - this.unfinished; room > 0;) {
        const before = this.messages.length;
        this.#jobs.push(this.#draw());
        room -= this.messages.length - before;
      }
    }
    await Promise.all(this.#jobs.filter(({ pushedAt }) => pushedAt === undefined).map(async (job) => {
      if (job.tried) this.repeatedPushes += 1;
      job.tried = true;
      job.pushedAt = Date.now() * 1000;
      await this.stage.redis.command('XADD', job.key, '*', 'v', '1', 'body', job.body).catch((error) => {
        if (!/lost|LOADING|MASTERDOWN/.test(error.message)) throw error;
        job.pushedAt = undefined;
      });
    }));
    const old = Date.now() * 1000 - 15e6;
    this.#jobs = this.#jobs.filter(({ pushedAt }) => pushedAt === undefined || pushedAt > old);
  }

  async readOutcomes(each = (message, line) => this.#heard(message, line)) {
    const keys = Object.keys(this.#cursors);
    for (;;) {
      const reply = await this.stage.redis.command('XREAD', 'COUNT', '500', 'STREAMS', ...keys, ...keys.map((key) => this.#cursors[key]));
      if (reply === null) return;
      for (const [key, entries] of reply) {
        const tenant = key.slice(key.lastIndexOf(':') + 1), partition = Number(/\{(\d+)\}/.exec(key)[1]);
        for (const [id, fields] of entries) {
          this.#cursors[key] = id;
          for (const text of fields[fields.indexOf('body') + 1].trim().split('\n')) {
            const line = JSON.parse(text);
            each(this.#messageOf(line, tenant, partition), line);
          }
        }
      }
    }
  }

  #messageOf(line, tenant, partition) {
    const message = this.messages[Number(/^job-(\d+)$/.exec(line.job)?.[1]) + line.i];
    if (message?.job !== line.job || message.i !== line.i || message.tenant !== tenant || message.partition !== partition) {
      throw new Error(`an outcome of a message that nobody pushed there: ${tenant} {${partition}} ${JSON.stringify(line)}`);
    }
    return message;
  }

  #heard(message, line) {
    if (line.state === 'in_doubt') message.doubts.push(Date.parse(line.at) * 1000);
    if (!line.final || message.heard) return;
    message.heard = line.state;
    message.heardAt = Date.now();
    message.finals.push(line);
    this.#doneCount += 1;
  }

  async readLedgers() {
    for (const { name, ledger } of this.stage.operators) {
      await ledger.read((row, part) => {
        const message = this.byNumber.get(row.to);
        if (!message || message.operator !== name) throw new Error(`${name} took a part to a number that nobody pushed: ${row.to}`);
        message.taken.push({ at: row.t_us, ...part });
        for (const watch of this.#watches) {
          if (row.t_us <= watch.from || !watch.of(message)) continue;
          watch.seen.set(message.partition, Math.min(row.t_us, watch.seen.get(message.partition) ?? Infinity));
        }
      });
    }
    this.#watches = this.#watches.filter(({ ofPartitions, seen, done }) => {
      const all = ofPartitions.every((partition) => seen.has(partition));
      if (all) done(ofPartitions.map((partition) => seen.get(partition)));
      return !all;
    });
  }

  async #run() {
    while (!this.#stopped) {
      try {
        await this.readLedgers();
        await this.#push();
        await this.readOutcomes();
      } catch (error) {
        if (!/lost|LOADING/.test(error.message)) this.stage.trouble ??= error.stack;
      }
      await sleep(40);
    }
  }
}
