// Ledger against outcomes: what the laws say must be so after any fault. Reads both from the start and believes nothing
// that an engine says of itself, but for the one metric that is asked to be 0.
import assert from 'node:assert/strict';
import { categories } from './stage.mjs';

const settled = new Set(['delivered', 'undelivered', 'no_receipt']);
const never = new Set(['rejected', 'invalid', 'dropped', 'expired']);

/// Copies per part: how often the operator took the part it took most often.
function copiesOf(message) {
  const counts = {};
  for (const { number } of message.taken) counts[number] = (counts[number] ?? 0) + 1;
  return Math.max(0, ...Object.values(counts));
}

/// Whether some reference has all its parts, and what they say together.
function wholeTexts(message) {
  const copies = new Map();
  for (const part of message.taken) {
    const copy = copies.get(part.reference) ?? [];
    copy.parts = part.parts;
    copy[part.number - 1] = part.text;
    copies.set(part.reference, copy);
  }
  return [...copies.values()].filter((copy) => Object.keys(copy).filter((key) => key !== 'parts').length === copy.parts).map((copy) => copy.join(''));
}

/// The outcomes as Redis has them in the end; the first final line of a message counts.
async function readFinals(campaign) {
  for (const message of campaign.messages) Object.assign(message, { finals: [], doubts: 0 });
  campaign.rewind();
  await campaign.readOutcomes((message, line) => {
    if (line.final) message.finals.push(line);
    else if (line.state === 'in_doubt') message.doubts += 1;
  });
}

export async function judge(campaign) {
  await campaign.readLedgers();
  await readFinals(campaign);
  const figures = { messages: campaign.messages.length, lost: 0, repeatedFinals: 0, inDoubt: 0, twice: 0, twiceAtMostOnce: 0, unmarked: 0, states: {} };
  const wrong = [];
  const complain = (message, why) => wrong.push(`${message.job} ${message.i} (${message.category}, {${message.partition}}): ${why}; outcomes ${
    JSON.stringify(message.finals)}, ${message.doubts} in_doubt, on the wire ${JSON.stringify(message.taken.map(({ text, ...rest }) => rest))}`);
  const unsaid = [];
  for (const message of campaign.messages) {
    const [final, ...repeats] = message.finals;
    if (message.doubts > 0) figures.inDoubt += 1;
    if (!final) {
      figures.lost += 1;
      complain(message, 'no final outcome');
      continue;
    }
    figures.states[final.state] = (figures.states[final.state] ?? 0) + 1;
    figures.repeatedFinals += repeats.length;
    const copies = copiesOf(message);
    if (copies > 1) {
      figures.twice += 1;
      const rule = categories[message.category].on_doubt;
      if (rule === 'report') {
        figures.twiceAtMostOnce += 1;
        complain(message, `on the wire ${copies} times, although at most once`);
      } else if (copies > 2 || message.doubts === 0) {
        unsaid.push(message);
        complain(message, `on the wire ${copies} times, and not said so`);
      } else if (!final.resent) {
        figures.unmarked += 1;
      }
    }
    const whole = wholeTexts(message);
    if (message.taken.length > 0 && whole.some((text) => text !== message.text)) complain(message, 'another text than was pushed');
    if (final.state === 'delivered' && whole.length === 0) complain(message, 'delivered, and not all of it was taken');
    if (settled.has(final.state) && message.taken.length === 0) complain(message, `${final.state}, and never taken`);
    if (never.has(final.state) && message.doubts === 0 && message.taken.length > 0 && !(final.parts > 1)) complain(message, `${final.state}, and taken`);
    if (final.state === 'unknown' && message.doubts === 0) complain(message, 'unknown, and never in doubt');
    if (message.heard && message.heard !== final.state) complain(message, `the hub had read ${message.heard}`);
  }
  figures.rates = Object.fromEntries(campaign.stage.operators.map(({ name, ledger, tps }) => [name, [ledger.fullestSecond(), tps]]));
  figures.unsaid = unsaid.length;
  return { figures, wrong };
}

/// What must be so. `mostTwice`: how many may be on the wire twice. `measureOnly`: Redis and who wrote forgot together,
/// so only what then still holds.
export async function assertVerdict(campaign, { mostTwice, measureOnly }) {
  const { figures, wrong } = await judge(campaign);
  const told = wrong.slice(0, 10).join('\n');
  for (const [name, [most, tps]] of Object.entries(figures.rates)) assert.ok(tps === 0 || most <= tps, `${name} got ${most} parts within a second, its contract is ${tps}`);
  if (measureOnly) return figures;
  assert.equal(figures.lost, 0, told);
  assert.equal(figures.twiceAtMostOnce, 0, told);
  assert.equal(figures.unsaid, 0, told);
  assert.deepEqual(wrong.slice(0, 10), []);
  assert.ok(figures.twice <= mostTwice, `${figures.twice} on the wire twice, in flight were at most ${mostTwice}`);
  return figures;
}
