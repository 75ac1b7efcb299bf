// A campaign that goes on while something happens to Redis, and what must be true of it afterwards, seen from outside:
// the ledger of the simulated SMSC against the outcomes.
import assert from 'node:assert/strict';
import { balance, ledgerOf, outcomes, until } from './node_support.mjs';

/// The jobs of a campaign: `count` messages in jobs of ten, numbered from `from`; each number is one message.
export class Campaign {
  constructor({ name, count, from, tenant = 'finance', category = 'bulk', lane = 'bulk', partitions = 2 }) {
    Object.assign(this, { name, count, from, tenant, category, lane, partitions });
    this.jobs = Array.from({ length: count / 10 }, (_, at) => ({ id: `${name}-${at}`, tenant, category, sender: 'KLGOVT', text: 'Namaskaram',
      recipients: Array.from({ length: 10 }, (__, i) => ({ to: `+9198${String(from + 10 * at + i).padStart(8, '0')}` })) }));
  }

  async push(redis) {
    const ids = await redis.commands(this.jobs.map((job, at) => ['XADD', `anchal:{${at % this.partitions}}:jobs:${this.lane}`, '*', 'v', '1', 'body', JSON.stringify(job)]));
    assert.ok(ids.length === this.jobs.length && ids.every((id) => /^\d+-\d+$/.test(id)), `not pushed: ${ids.find((id) => !/^\d+-\d+$/.test(id))}`);
  }

  /// Its final outcomes by state; asserts nothing.
  async finals(redis) {
    const first = new Map();
    for (const line of await outcomes(redis, this.tenant, this.partitions)) {
      const key = `${line.job} ${line.i}`;
      if (line.final && line.job.startsWith(`${this.name}-`) && !first.has(key)) first.set(key, line.state);
    }
    return first;
  }

  /// How often each of its numbers stands in the ledger.
  async written(ledger) {
    const times = new Map();
    for (const { to } of await ledgerOf(ledger)) {
      const number = Number(to.slice(4));
      if (number >= this.from && number < this.from + this.count) times.set(number, (times.get(number) ?? 0) + 1);
    }
    return times;
  }

  /// Waits until each message has its final outcome, and the engine's own books are even. Up to `awaiting` may be without:
  /// Redis forgot that their receipt came, and only their deadline ends them.
  async finish(redis, engine, ledger, { seconds = 60, awaiting = 0 } = {}) {
    const finals = await until(`the ${this.count} outcomes of ${this.name}`, async () => {
      const now = await this.finals(redis);
      const without = this.count - now.size;
      return without <= awaiting && (without === 0 || (await balance(engine)).waiting.awaiting_receipt === without) && now;
    }, [engine], seconds).catch(async (error) => {
      const now = await this.finals(redis).catch(() => new Map());
      throw new Error(`${now.size} outcomes, ${JSON.stringify(await balance(engine).catch(String))}\n${error.message}`);
    });
    const states = {};
    for (const state of finals.values()) states[state] = (states[state] ?? 0) + 1;
    const times = await this.written(ledger);
    const twice = [...times.values()].filter((of) => of > 1).length;
    console.log(`${this.name}: ${JSON.stringify(states)}; ${times.size} of ${this.count} written, ${twice} twice`);
    assert.ok(finals.size + awaiting >= this.count, 'lost');
    assert.equal(twice, 0, 'written twice, in a category with on_doubt = "report"');
    await until('an even balance', async () => {
      const now = await balance(engine);
      return now.difference === 0 && now.waiting.in_flight + now.waiting.job_stream + now.waiting.backlog + now.waiting.retry === 0;
    }, [engine]);
    return { states, written: times.size };
  }
}

export const readiness = async (engine) => {
  const answer = await fetch(`${engine.url}/readyz`);
  return { ready: answer.ok, text: await answer.text() };
};

/// Of the metrics: the sum over the labels.
export const sumOf = (metrics, name) => [...metrics].filter(([sample]) => sample === name || sample.startsWith(`${name}{`))
  .reduce((sum, [, value]) => sum + value, 0);
