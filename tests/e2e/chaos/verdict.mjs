// Ledger against outcomes: what the laws say must be so after any fault. Reads both from the start and believes nothing
// that an engine says of itself, but for the one metric that is asked to be 0.
import assert from 'node:assert/strict';
import { categories } from './stage.mjs';

const settled = new Set(['delivered', 'undelivered', 'no_receipt']);
const never = new Set(['rejected', 'invalid', 'dropped', 'expired']);

/// When the operator took the part that it took most often: one instant a copy.
function copiesOf(message) {
  const times = new Map();
  for (const { number, at } of message.taken) times.set(number, [...times.get(number) ?? [], at]);
  return [...times.values()].reduce((most, one) => (one.length > most.length ? one : most), []).sort((a, b) => a - b);
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
  for (const message of campaign.messages) Object.assign(message, { finals: [], doubts: [] });
  campaign.rewind();
  await campaign.readOutcomes((message, line) => {
    if (line.final) message.finals.push(line);
    else if (line.state === 'in_doubt') message.doubts.push(Date.parse(line.at) * 1000);
  });
}

/// What the laws say must not be, of a message with a final outcome: [why, which count it belongs to].
export function breaches({ category, taken, text, heard, finals: [final, ...repeats], doubts }) {
  const found = [];
  const wrong = (why, count) => found.push([why, count]);
  const times = copiesOf({ taken }), copies = times.length;
  const resends = categories[category].on_doubt === 'resend_once';
  if (copies > 1 && !resends) wrong(`on the wire ${copies} times, although at most once`, 'twiceAtMostOnce');
  // Said before the second copy is written; SMSC and engine share a clock, and lines are told in milliseconds.
  if (copies > 2 || (copies > 1 && resends && !doubts.some((at) => at <= times[1] + 1000))) wrong(`on the wire ${copies} times, and not said so before`, 'unsaid');
  if (copies > 1 && !final.resent) wrong('on the wire twice, and the outcome does not say resent', 'unmarked');
  if (final.resent && (!resends || doubts.length === 0)) wrong('resent, and never in doubt, or of a category that is not sent again');
  const whole = wholeTexts({ taken });
  if (whole.some((one) => one !== text)) wrong('another text than was pushed');
  if (final.state === 'delivered' && whole.length === 0) wrong('delivered, and not all of it was taken');
  if (settled.has(final.state) && taken.length === 0) wrong(`${final.state}, and never taken`);
  // Of a long message the operator may take one part and refuse another.
  if (never.has(final.state) && taken.length > 0 && !(final.parts > 1)) wrong(`${final.state}, and taken`);
  if (final.state === 'unknown' && doubts.length === 0) wrong('unknown, and never in doubt');
  if (heard && heard !== final.state) wrong(`the hub had read ${heard}`);
  for (const repeat of repeats) if (repeat.state !== final.state && repeat.state !== 'unknown') wrong(`a second final line says ${repeat.state}`);
  return found;
}

const told = (message, why) => `${message.job} ${message.i} (${message.category}, {${message.partition}}): ${why}; outcomes ${
  JSON.stringify(message.finals)}, in_doubt at ${JSON.stringify(message.doubts)}, on the wire ${JSON.stringify(message.taken.map(({ text, ...rest }) => rest))}`;

/// While the campaign goes on: messages that have been final for a while are held to the same laws, by the lines that the
/// hub read, so that a long run ends when something is wrong and not hours later. The verdict looks at all of them again.
export function assertSoFar(campaign) {
  const settledBefore = Date.now() - 5000;
  const wrong = [];
  for (const message of campaign.messages) {
    if (message.looked || !message.heard || message.heardAt > settledBefore) continue;
    message.looked = true;
    wrong.push(...breaches(message).map(([why]) => told(message, why)));
  }
  assert.deepEqual(wrong.slice(0, 10), []);
}

/// The messages written twice for each fault, as the instants of their first copies: a copy belongs to the fault that came
/// next. What was on its way may arrive a little later than that.
export function twicePerFault(firstCopies, faults) {
  const copies = Array.from({ length: faults.length + 1 }, () => []);
  for (const at of firstCopies) {
    const fault = faults.findIndex((instant) => at <= instant + 100_000);
    copies[fault < 0 ? faults.length : fault].push(at);
  }
  return copies;
}

/// When an SMSC says it came late to its sockets: on a busy machine it cannot know when a part came.
export const lateReads = (log) => [...log.matchAll(/^late (\d+) us at (\d+)$/gm)].map(([, length, at]) => [Number(at), Number(length)]);

export async function judge(campaign) {
  await campaign.readLedgers();
  await readFinals(campaign);
  const figures = { messages: campaign.messages.length, lost: 0, repeatedFinals: 0, inDoubt: 0, twice: 0, twiceAtMostOnce: 0, unsaid: 0, unmarked: 0, states: {} };
  const wrong = [], firstCopies = [];
  figures.firstCopiesAtMostOnce = [];
  for (const message of campaign.messages) {
    const [final, ...repeats] = message.finals;
    if (message.doubts.length > 0) figures.inDoubt += 1;
    const times = copiesOf(message);
    if (times.length > 1) {
      figures.twice += 1;
      firstCopies.push(times[0]);
      if (categories[message.category].on_doubt !== 'resend_once') figures.firstCopiesAtMostOnce.push(times[0]);
    }
    if (!final) {
      figures.lost += 1;
      wrong.push(told(message, 'no final outcome'));
      continue;
    }
    figures.states[final.state] = (figures.states[final.state] ?? 0) + 1;
    figures.repeatedFinals += repeats.length;
    for (const [why, count] of breaches(message)) {
      if (count) figures[count] += 1;
      wrong.push(told(message, why));
    }
  }
  // Those without a final outcome, too.
  figures.twiceAtMostOnce = figures.firstCopiesAtMostOnce.length;
  figures.twicePerFault = Math.max(...twicePerFault(firstCopies, campaign.stage.faults.sort((a, b) => a - b)).map(({ length }) => length));
  figures.rates = Object.fromEntries(campaign.stage.operators.map(({ name, ledger, tps, child }) => {
    return [name, [ledger.fullestSecond(campaign.stage.links?.lags, tps, lateReads(child.log)), tps, ledger.fullestSecond()]];
  }));
  return { figures, wrong };
}

/// What must be so. `inFlight`: how many may be on the wire twice for one fault. `forgets`: Redis may have forgotten final
/// lines that are then told again. `measureOnly`: Redis and who wrote forgot together, so only what then still holds.
export async function assertVerdict(campaign, { inFlight, forgets, measureOnly }) {
  const { figures, wrong } = await judge(campaign);
  const first = wrong.slice(0, 10).join('\n');
  for (const [name, [most, tps, byLedger]] of Object.entries(figures.rates)) assert.ok(tps === 0 || most <= tps, `${name} got ${most} parts within a second (${byLedger} by its ledger), its contract is ${tps}`);
  if (measureOnly) return figures;
  assert.equal(figures.lost, 0, first);
  assert.equal(figures.twiceAtMostOnce, 0, first);
  assert.equal(figures.unsaid, 0, first);
  assert.deepEqual(wrong.slice(0, 10), []);
  assert.ok(figures.twicePerFault <= inFlight, `${figures.twicePerFault} on the wire twice for one fault, in flight were at most ${inFlight}`);
  // A final line and the journal that knows of it are one transaction.
  if (!forgets) assert.equal(figures.repeatedFinals, 0, 'final lines told twice, although Redis forgot nothing');
  return figures;
}
