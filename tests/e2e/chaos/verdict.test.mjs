// The verdict is worth what it sees: each breach of a law, made up, must be told; what is right must not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from './ledger.mjs';
import { breaches, judge, lateReads, twicePerFault } from './verdict.mjs';

const second = 1_000_000;
const part = (at, number = 1, parts = 1, reference = 0) => ({ at, number, parts, reference, text: parts === 1 ? 'hello' : ['hel', 'lo'][number - 1] });
const final = (state, rest = {}) => ({ state, final: true, ...rest });
const message = (rest) => ({ category: 'notice', text: 'hello', taken: [part(second)], finals: [final('delivered')], doubts: [], heard: undefined, ...rest });
const resent = { taken: [part(second), part(4 * second)], doubts: [2 * second], finals: [final('delivered', { resent: true })] };

const right = {
  'delivered': {},
  'resent, said before, marked': resent,
  'in doubt, and never sent again': { doubts: [2 * second], finals: [final('unknown')] },
  'in doubt before anything reached the operator, sent once': { taken: [part(4 * second)], doubts: [2 * second], finals: [final('delivered', { resent: true })] },
  'in doubt, asked for, and told': { category: 'reminder', doubts: [2 * second] },
  'refused': { taken: [], finals: [final('rejected')] },
  'of a long message only the part that was in doubt sent again': {
    ...resent, taken: [part(second, 1, 2, 7), part(second, 2, 2, 7), part(4 * second, 2, 2, 7)],
  },
  'a second final line that says less': { finals: [final('delivered'), final('unknown')], doubts: [second] },
};

const wrong = {
  'twice, of a category that is written at most once': [{ ...resent, category: 'service' }, /at most once/],
  'twice, of a category that asks': [{ ...resent, category: 'reminder' }, /at most once/],
  'resent, of a category that asks': [{ category: 'reminder', doubts: [2 * second], finals: [final('delivered', { resent: true })] }, /not sent again/],
  'twice, and never in doubt': [{ ...resent, doubts: [] }, /not said so before/],
  'twice, and in doubt only behind the second copy': [{ ...resent, doubts: [5 * second] }, /not said so before/],
  'three times': [{ ...resent, taken: [...resent.taken, part(8 * second)] }, /3 times, and not said/],
  'twice without the mark': [{ ...resent, finals: [final('delivered')] }, /does not say resent/],
  'a part of a long message twice without the mark': [{
    taken: [part(second, 1, 2, 7), part(second, 2, 2, 7), part(4 * second, 2, 2, 7)], doubts: [2 * second],
  }, /does not say resent/],
  'the mark, and never in doubt': [{ finals: [final('delivered', { resent: true })] }, /resent, and never in doubt/],
  'delivered, and never taken': [{ taken: [] }, /never taken/],
  'delivered in part': [{ taken: [part(second, 1, 2, 7)] }, /not all of it/],
  'parts of two references make no text': [{ taken: [part(second, 1, 2, 7), part(second, 2, 2, 8)] }, /not all of it/],
  'another text': [{ text: 'goodbye' }, /another text/],
  'rejected after a doubt, and taken': [{ doubts: [2 * second], finals: [final('rejected')] }, /rejected, and taken/],
  'unknown, and never in doubt': [{ finals: [final('unknown')] }, /never in doubt/],
  'another end than the hub had read': [{ heard: 'undelivered' }, /the hub had read/],
  'a second end that differs': [{ finals: [final('delivered'), final('undelivered')] }, /second final line/],
};

test('the verdict tells every breach, and nothing of what is right', () => {
  for (const [what, rest] of Object.entries(right)) assert.deepEqual(breaches(message(rest)), [], what);
  for (const [what, [rest, told]] of Object.entries(wrong)) assert.ok(breaches(message(rest)).some(([why]) => told.test(why)), what);
});

test('a message without an outcome is lost, and its copies count all the same', async () => {
  const messages = [message({ ...resent, category: 'service' })];
  const campaign = { messages, stage: { faults: [], operators: [] }, readLedgers: async () => {}, rewind() {}, readOutcomes: async () => {} };
  const { figures } = await judge(campaign);
  assert.equal(figures.lost, 1);
  assert.equal(figures.twice, 1);
  assert.equal(figures.twiceAtMostOnce, 1);
});

test('copies are counted for the fault that came next', () => {
  const faults = [10 * second, 20 * second];
  const counts = (...copies) => twicePerFault(copies, faults).map(({ length }) => length);
  assert.deepEqual(counts(9 * second, 10 * second + 50_000, 11 * second), [2, 1, 0]);
  assert.deepEqual(counts(21 * second, 22 * second, 23 * second), [0, 0, 3]);
  assert.deepEqual(counts(), [0, 0, 0]);
});

test('the fullest second is any window of a second, not one of the clock', () => {
  const ledger = new Ledger('none');
  ledger.times = [0.9, 0.95, 1.2, 1.89, 1.9, 5].map((at) => at * second);
  assert.equal(ledger.fullestSecond(), 4);
  assert.equal(ledger.fullestSecond([], 3), 4);
  assert.equal(ledger.fullestSecond([[1.5 * second, 0.4 * second]], 3), 3);  // 1.2 parts more may have left before
  assert.equal(ledger.fullestSecond([[4 * second, 0.4 * second]], 3), 4);
  // What is read late counts where the window begins with it, and only there.
  assert.equal(ledger.fullestSecond([], 3, lateReads('2775\nlate 400000 us at 950000\n')), 3);
  assert.equal(ledger.fullestSecond([], 3, lateReads('late 400000 us at 1500000\n')), 4);
});
