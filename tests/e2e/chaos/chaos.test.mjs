// The shipped binary, a real redis-server and simulated operators, and everything that can be done to them while a
// campaign runs. Each scenario ends with the verdict of verdict.mjs. ANCHAL_CHAOS names the scenarios (or all run),
// ANCHAL_CHAOS_ROUNDS and ANCHAL_CHAOS_SEED say how often and which; ./dev chaos sets them. ANCHAL_CHAOS_KEEP names a
// folder that is given what Redis, the ledgers and the engines' logs hold when a scenario fails.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { cleanUp, slowness, until, verb } from '../node_support.mjs';
import { Campaign } from './campaign.mjs';
import { Random } from './random.mjs';
import { namespaceLinks, namespacesRefused, proxyLinks, queued } from './links.mjs';
import { inFlightMax, leaseMs, nowUs, operatorKinds, partitions, sleep, Stage } from './stage.mjs';
import { assertSoFar, assertVerdict, twicePerFault } from './verdict.mjs';

const wanted = (process.env.ANCHAL_CHAOS ?? '').split(/[\s,]+/).filter(Boolean);
const seed = Number(process.env.ANCHAL_CHAOS_SEED || Math.floor(Math.random() * 2 ** 31));
const all = Array.from({ length: partitions }, (_, at) => at);
after(cleanUp);

const within = (seconds, what, promise, stage) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`waited in vain for ${typeof what === 'function' ? what() : what}\n${stage.logs()}`)), seconds * slowness * 1000); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/// What a scenario measured: on the terminal, and in a file for who asks for it.
const tell = (line) => {
  console.log(line);
  if (process.env.ANCHAL_CHAOS_FIGURES) appendFileSync(process.env.ANCHAL_CHAOS_FIGURES, `${line}\n`);
};

const quantile = (sorted, of) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))];

/// One scenario: sets the stage, lets a campaign run, injects a fault a round, waits for the rest, judges. `inFlight`: what
/// can be on the way when a fault comes, and so twice on the wire behind it. `forgets`: Redis may forget what it acknowledged.
/// `since`: from when recoveries are measured, in words. `skip`: why it cannot run here, if it cannot.
function scenario(name, fact, { rounds: usual, set = {}, hub: hubOptions, fault, inFlight = inFlightMax, forgets = false, measureOnly = false, finish, since = 'the fault', skip }) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  test(fact, async (context) => {
    const reason = await skip?.();
    if (reason) {
      tell(`${name}: skipped, ${reason}`);
      context.skip(reason);
      return;
    }
    const random = new Random(seed);
    const rounds = Number(process.env.ANCHAL_CHAOS_ROUNDS || usual);
    console.log(`${name}: ${rounds} rounds, seed ${seed}`);
    const stage = await Stage.set(typeof set === 'function' ? await set() : set);
    const hub = new Campaign(stage, random, hubOptions);
    try {
      await run(stage, hub, random, rounds);
    } catch (error) {
      await stage.keep(name);
      throw error;
    } finally {
      await hub.end();
      await stage.close();
    }
  });

  async function run(stage, hub, random, rounds) {
    const recoveries = [], firsts = [], later = [];
    /// Waits until every one of these partitions submits again; `since` is what is measured from, `from` what no submit
    /// counts before. Each gets a message of the kind of `probe` for it; `of`: which messages count.
    const recovered = async (since, from, ofPartitions = all, { probe = { category: 'otp', operator: 'alpha' }, of } = {}) => {
      if (ofPartitions.length === 0) return;
      for (const partition of ofPartitions) hub.push({ count: 1, partition, ...probe });
      const seen = new Map();
      const submits = hub.submitsOf(ofPartitions, from, { of, seen });
      const instants = await within(60, () => `submits after a fault of partitions ${ofPartitions.filter((at) => !seen.has(at))}`, submits, stage);
      recoveries.push((Math.max(...instants) - since) / 1000);
      firsts.push((Math.min(...instants) - since) / 1000);
    };
    /// The same, and the next fault does not wait for it.
    const recoveredLater = (...those) => {
      const recovery = recovered(...those);
      recovery.catch(() => {});
      later.push(recovery);
    };
    await stage.startEngines();
    const looking = setInterval(() => stage.lookForQueries().catch(() => {}), 300).unref();
    hub.start();
    await within(30, 'the campaign to be under way', hub.submitsOf(all, 0), stage);
    let told = Date.now(), looked = told;
    for (let round = 1; round <= rounds; round += 1) {
      await fault({ stage, hub, random, recovered, recoveredLater, round });
      stage.checkAlive();
      if (Date.now() - looked > 5000) {
        if (!measureOnly) assertSoFar(hub);
        for (const engine of stage.engines) await assertNoDifference(stage, engine);
        looked = Date.now();
      }
      if (Date.now() - told < 15_000) continue;
      told = Date.now();
      console.log(`${name}: round ${round} of ${rounds}, ${hub.messages.length} messages`);
    }
    await Promise.all(later);
    hub.stop();
    await allFinal(stage, hub, measureOnly ? 10 : 90);
    await hub.end();
    if (hub.unfinished > 0) await explain(stage, hub);
    const figures = await assertVerdict(hub, { inFlight, forgets, measureOnly });
    clearInterval(looking);
    const byQuery = await stage.lookForQueries(true);
    const remark = await finish?.({ stage, hub, figures }) ?? '';
    await assertBalance(stage, hub, measureOnly ? figures.lost : undefined);
    if (!measureOnly) await assertNothingWaits(stage);
    for (const times of [recoveries, firsts]) times.sort((a, b) => a - b);
    const ms = (of, times = recoveries) => `${Math.round(quantile(times, of) ?? NaN)} ms`;
    tell(`${name}: ${rounds} rounds, seed ${seed}: ${figures.messages} messages, ${figures.lost} without an outcome, ${figures.inDoubt} in doubt (query_sm ended ${byQuery}), ${
      figures.twice} twice on the wire (at most ${figures.twicePerFault} for one fault, ${figures.unsaid} not in doubt before, ${figures.unmarked} without the mark resent, ${figures.twiceAtMostOnce} of at-most-once categories), ${
      figures.repeatedFinals} final lines repeated, ${hub.repeatedPushes} pushes repeated${remark}`);
    tell(`${name}: lease ${stage.lease} ms; from ${since} until all its partitions were on again p50 ${ms(0.5)}, p99 ${ms(0.99)}, most ${ms(1)} (${
      recoveries.length} times; the first partition p50 ${ms(0.5, firsts)}, p99 ${ms(0.99, firsts)}); ${
      Object.entries(figures.rates).map(([operator, [most, tps, byLedger]]) => `${operator} ${most} of ${tps || 'any'} in its fullest second${byLedger > most ? ` (${byLedger} by its ledger)` : ''}`).join(', ')}; ${
      Object.entries(figures.states).map(([state, count]) => `${count} ${state}`).join(', ')}`);
  }
}

/// Waits until every message is final, or nothing has become so for that many seconds.
async function allFinal(stage, hub, patience) {
  for (let last = hub.unfinished, since = Date.now(); hub.unfinished > 0 && Date.now() - since < patience * slowness * 1000; await sleep(50)) {
    stage.checkAlive();
    if (hub.unfinished !== last) [last, since] = [hub.unfinished, Date.now()];
  }
}

/// Where the messages are that have no outcome, as the engines and the SMSCs say: for the report of a failure.
async function explain(stage, hub) {
  const [engine] = stage.engines;
  console.log(await stage.ask(engine, '/api/v1/status'));
  for (const { tenant, job, i, taken } of hub.messages.filter(({ heard }) => !heard).slice(0, 3)) {
    console.log(JSON.stringify(taken), await stage.ask(engine, `/api/v1/messages/${tenant}/${job}/${i}`));
  }
  for (const { name, child } of stage.operators) {
    child.kill('SIGUSR1');
    await sleep(200);
    console.log(name, child.out.trim().split('\n').at(-1));
  }
  for (const { id, child } of stage.engines) console.log(`${id}: ${child.log.slice(-6000)}`);
}

/// Every engine says of all partitions that what was pushed is final, and misses none of its own. `waiting`: where the
/// double fault made Redis forget a receipt that was answered, so many messages may wait for one until its deadline.
async function assertBalance(stage, hub, waiting) {
  const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  const count = hub.messages.length;
  for (const engine of stage.engines) {
    let balance;
    await until('nothing to wait any more', async () => {
      const status = JSON.parse(await stage.ask(engine, '/api/v1/status'));
      balance = { accepted: status.accepted, final: sum(status.final), waiting: sum(status.waiting), difference: status.difference };
      return balance.waiting === 0 && balance.final === balance.accepted;
    }, [], waiting > 0 ? 5 : 30).catch(() => {});  // it is told below what there is instead
    if (waiting === undefined) {
      assert.deepEqual(balance, { accepted: count, final: count, waiting: 0, difference: 0 }, engine.id);
    } else {
      assert.equal(balance.difference, 0, engine.id);
      assert.equal(balance.accepted, balance.final + balance.waiting, engine.id);
      assert.ok(balance.waiting >= waiting, `${waiting} without an outcome, ${balance.waiting} waiting`);
    }
    assert.ok(await assertNoDifference(stage, engine), engine.id);
  }
}

/// Law 1 at any instant: what an engine accepted is final or waits where it can be seen.
async function assertNoDifference(stage, engine) {
  const differences = [...(await stage.ask(engine, '/metrics')).matchAll(/^anchal_ledger_difference_messages(?:\{[^}]*\})? (.*)$/gm)].map(([, value]) => Number(value));
  assert.deepEqual(differences.filter((value) => value !== 0), [], `messages that ${engine.id} misses`);
  return differences.length > 0;  // one that just starts publishes nothing yet
}

/// Redis agrees: where messages wait, nothing is left.
async function assertNothingWaits(stage) {
  let left;
  await until('streams to be trimmed', async () => {
    left = {};
    for (const key of await stage.redis.command('KEYS', 'anchal:{*}:*')) {
      const count = /\}:(jobs|backlog|hold):/.test(key) ? await stage.redis.command('XLEN', key)
        : key.endsWith(':retry') ? await stage.redis.command('ZCARD', key) : 0;
      if (count > 0) left[key] = count;
    }
    return Object.keys(left).length === 0;
  }, [], 10).catch(() => assert.deepEqual(left, {}, 'all is final, and this waits in Redis'));
}

scenario('engine', 'kill -9 of the engine: nothing is lost, nothing twice unsaid', {
  rounds: 50,
  since: 'the kill (where another came before it was over, from the first of them)',
  async fault({ stage, random, recovered, recoveredLater }) {
    const [engine] = stage.engines;
    await sleep(random.between(0, 700));
    const killed = await stage.kill(engine.child);
    const from = await stage.startEngine(engine);
    // Now and then the next kill comes before it has taken anything, or while it does.
    if (!random.chance(0.2)) return recovered(killed, from);
    recoveredLater(killed, from);
    await sleep(random.between(0, 1500));
  },
});

// It stores ids before it settles what they belong to. Where Redis is far away many die between the two, and the successor
// can ask by query_sm.
scenario('engine-far', 'kill -9 of an engine 15 ms away from Redis: query_sm tells what became of messages whose ids it left', {
  rounds: 10,
  since: 'the kill',
  set() {
    const links = proxyLinks(1, { redisDelay: 15 });
    const [alpha, bravo] = operatorKinds;
    const later = { '--receipt-late': '0.8', '--receipt-late-by': '6000' };  // or receipts come before the question
    const smsc = alpha.smsc.map((word, at) => later[alpha.smsc[at - 1]] ?? word);
    return { kinds: [{ ...alpha, smsc }, bravo], ...links.options, links };
  },
  hub: { choose: (random) => ({ category: random.one(['reminder', 'reminder', 'reminder', 'notice', 'service', 'otp']), operator: random.chance(0.8) ? 'alpha' : 'bravo' }) },
  async fault({ stage, random, recovered }) {
    const [engine] = stage.engines;
    await sleep(random.between(700, 2000));  // the doubts of the kill before are over, or not
    const killed = await stage.kill(engine.child);
    await recovered(killed, await stage.startEngine(engine));
  },
  async finish({ stage }) {
    assert.ok(await stage.lookForQueries(true) > 0, 'no answer to query_sm ended a doubt: nothing was tried');
  },
});

/// kill -9 of redis-server, and a new one on the same append-only file.
async function killRedis({ stage, hub, random, recovered }) {
  await sleep(random.between(200, 1500));
  const killed = await stage.kill(stage.redisChild);
  await sleep(random.between(0, 600));
  await stage.startRedis();
  hub.redisDied(killed);
  await recovered(killed, nowUs());
}

for (const policy of ['everysec', 'always']) {
  scenario(`redis-${policy}`, `kill -9 of redis-server (appendfsync ${policy}): the engine goes on where it was`, {
    rounds: 10,
    set: { redis: ['--appendfsync', policy] },
    // On a slow disk everysec may have answered what it had not written; then the hub must push again, not we.
    hub: { forgetfulMs: policy === 'everysec' ? 4000 : 0 },
    forgets: policy === 'everysec',
    inFlight: 0,  // who wrote it lives, and knows
    fault: killRedis,
  });
}

/// kill -9 of engine and redis-server at once.
async function killBoth({ stage, hub, random, recovered }) {
  const [engine] = stage.engines;
  await sleep(random.between(0, 900));
  const deaths = [stage.kill(engine.child), stage.kill(stage.redisChild)];
  if (random.chance(0.5)) deaths.reverse();
  const [killed] = await Promise.all(deaths);
  await stage.startRedis();
  hub.redisDied(killed);
  await recovered(killed, await stage.startEngine(engine));
  return killed;
}

scenario('both-always', 'kill -9 of engine and redis-server at once (appendfsync always): nothing is lost, nothing twice unsaid', {
  rounds: 10,
  set: { redis: ['--appendfsync', 'always'] },
  fault: killBoth,
});

/// What must be so before an engine is taken from three: each has its part.
const shared = (stage) => until('three engines to share the partitions', async () => {
  const owners = await stage.owners();
  stage.checkAlive();
  return stage.engines.every(({ id }) => owners.filter((owner) => owner === id).length === partitions / stage.engines.length);
}, stage.engines.map(({ child }) => child));

const slowDisk = () => ({ redis: ['--appendfsync', 'everysec'], preload: ['slow_fsync', 'ANCHAL_SLOW_FSYNC_MS=1500'] });

scenario('slow-fsync', 'kill -9 of redis-server on a disk whose fsync takes 1.5 s: what Redis forgets, the engine tells it again', {
  rounds: 10,
  set: slowDisk,
  hub: { forgetfulMs: 5000 },
  forgets: true,
  inFlight: 0,
  fault: killRedis,
  async finish({ stage }) {
    const metrics = await stage.ask(stage.engines[0], '/metrics');
    const told = Number(/^anchal_store_told_again_transactions_total (.*)$/m.exec(metrics)?.[1]);
    assert.ok(told > 0, 'Redis forgot nothing: the fault did not happen');
    return `, ${told} transactions told again`;
  },
});

// The double fault of design.md law 5: Redis forgets what it acknowledged, and who could tell it again is dead too. How
// much is written twice then is measured; nobody promises that it is nothing. An engine with a state file knows all but the
// last of it.
function doubleFault(name, fact, stateDir) {
  const kills = [];
  scenario(name, fact, {
    rounds: 10,
    measureOnly: true,
    since: 'the kill',
    set: () => ({ ...slowDisk(), stateDir }),
    hub: { forgetfulMs: 5000 },
    async fault(those) { kills.push(await killBoth(those)); },
    finish({ figures }) {
      const copies = twicePerFault(figures.firstCopiesAtMostOnce, kills).slice(0, kills.length);
      const oldest = Math.max(0, ...copies.flatMap((times, at) => times.map((time) => kills[at] - time))) / 1000;
      const counts = copies.map(({ length }) => length);
      return `; at-most-once twice for each double fault ${counts.join(' ')} (mean ${(counts.reduce((a, b) => a + b, 0) / kills.length).toFixed(1)
      }), the first copy of each in the last ${Math.round(oldest)} ms before it`;
    },
  });
}

doubleFault('both-slow-fsync', 'kill -9 of engine and redis-server at once on that disk, the engine with a state file: measured', true);
doubleFault('both-slow-fsync-stateless', 'kill -9 of engine and redis-server at once on that disk, nothing kept by the engine: measured', false);

scenario('one-of-three', 'kill -9 of one of three engines: the others take over what it had', {
  rounds: 10,
  set: { engines: 3 },
  async fault({ stage, random, recovered }) {
    await shared(stage);
    await sleep(random.between(0, 700));
    const engine = random.one(stage.engines);
    const mine = await stage.partitionsOf(engine);
    const killed = await stage.kill(engine.child);
    const soon = random.chance(0.5);  // it comes back before the others notice, or after they took over
    if (!soon) await recovered(killed, killed + 200_000, mine);
    await stage.startEngine(engine);
    if (soon) await recovered(killed, killed + 200_000, mine);
  },
});

scenario('paused', 'SIGSTOP of an engine for longer than its lease: it writes nothing that the others do not know of', {
  rounds: 10,
  set: { engines: 3 },
  async fault({ stage, random, recovered }) {
    await shared(stage);
    await sleep(random.between(0, 500));
    const engine = random.one(stage.engines);
    const mine = await stage.partitionsOf(engine);
    const stopped = nowUs();
    stage.stop(engine.child);
    const taken = recovered(stopped, stopped + 200_000, mine);
    // It wakes up while others are about to take over, or long after.
    await sleep(leaseMs * (2 + 3 * random.fraction()));
    engine.child.kill('SIGCONT');
    await taken;
  },
});

/// An engine is cut off from Redis, from its SMSCs, or from both, for longer than its lease; another goes on.
function partition(name, fact, makeLinks, skip) {
  let links;
  scenario(name, fact, {
    rounds: 10,
    skip,
    since: 'the cut (from the healing, where the SMSCs alone were cut off)',
    async set() {
      links = await makeLinks();
      console.log(`${name}: by ${links.means}`);
      return { engines: 2, ...links.options, links };
    },
    async fault({ stage, random, recovered, round }) {
      await shared(stage);
      await sleep(random.between(0, 500));
      const engine = random.one(stage.engines);
      const mine = await stage.partitionsOf(engine);
      const from = [['redis'], ['redis', 'smsc'], ['smsc']][round % 3];
      const cut = nowUs();
      stage.faults.push(cut);
      for (const what of from) links.cut(engine, what);
      if (from.includes('redis')) {
        await recovered(cut, cut + 200_000, mine);
        await sleep(random.between(0, 500));
        for (const what of from) links.heal(engine, what);
        return;
      }
      await sleep(leaseMs * (2 + 3 * random.fraction()));
      links.heal(engine, 'smsc');
      const healed = nowUs();
      await recovered(healed, healed, mine);
    },
  });
}

partition('partition-proxy', 'an engine cut off by a proxy that forwards nothing: another takes over', () => proxyLinks(2));
partition('partition', 'an engine cut off in its network namespace: another takes over', () => namespaceLinks(2), async () => {
  const refused = await namespacesRefused();
  assert.ok(!refused || !process.env.CI, `CI is set, and ${refused}`);
  return refused;
});

// Two engines of three and Redis may be in trouble at the same time; one engine always lives.
let mixedLinks;
scenario('mixed', 'everything at random, also at the same time: engines killed, paused, cut off, redis-server killed (appendfsync always)', {
  rounds: 10,
  since: 'the mending of the last of them',
  set() {
    mixedLinks = proxyLinks(3);
    return { engines: 3, redis: ['--appendfsync', 'always'], ...mixedLinks.options, links: mixedLinks };
  },
  async fault({ stage, hub, random, recovered }) {
    await sleep(random.between(0, 1000));
    const forAWhile = () => sleep(random.between(50, 2000));
    const cut = (what) => async (engine) => {
      stage.faults.push(nowUs());
      mixedLinks.cut(engine, what);
      await forAWhile();
      mixedLinks.heal(engine, what);
    };
    const troubles = [cut('redis'), cut('smsc'), async (engine) => {
      await stage.kill(engine.child);
      await forAWhile();
      await stage.startEngine(engine);
    }, async (engine) => {
      stage.stop(engine.child);
      await forAWhile();
      engine.child.kill('SIGCONT');
    }];
    const spared = random.one(stage.engines);
    const faults = stage.engines.filter((engine) => engine !== spared && random.chance(0.7)).map((engine) => ({ engine, trouble: random.one(troubles) }));
    const redisToo = faults.length === 0 || random.chance(0.3);
    await Promise.all([...faults.map(async ({ engine, trouble }) => {
      await sleep(random.between(0, 600));
      await trouble(engine);
    }), redisToo && (async () => {
      const killed = await stage.kill(stage.redisChild);
      await stage.startRedis();
      hub.redisDied(killed);
    })()]);
    const mended = nowUs();
    await recovered(mended, mended);
  },
});

/// Starts a blackout of these categories; gives its id and the instant at which it was said to be EFFECTIVE.
async function blackOut(stage, engine, ...categoryNames) {
  const added = await verb({ url: stage.addressOf(engine) }, 'blackout', 'add', ...categoryNames.flatMap((name) => ['--category', name]),
    '--reason', 'order 17', '--name', 'Election', '--json');
  const effective = nowUs();
  assert.equal(added.code, 0, added.err);
  return { id: JSON.parse(added.out).rule.id, effective };
}

/// Ends it. Nothing of it may have gone before this instant.
async function lift(stage, engine, id) {
  const ended = nowUs();
  const answer = await verb({ url: stage.addressOf(engine) }, 'blackout', 'end', id, '--reason', 'over');
  assert.equal(answer.code, 0, answer.err);
  return ended;
}

// Laws 2 and 3 with processes that die and wake up: takeovers, resends of what is in doubt and engines that slept through
// the order all pass the gate.
const stopped = ['service', 'reminder', 'promotional', 'notice'];
const blackouts = [];  // instants: the round's begin, the order, EFFECTIVE, the end

scenario('blackout', 'a blackout while engines are killed and stopped: nothing in its scope comes behind EFFECTIVE, one-time passwords go on', {
  rounds: 10,
  since: 'the end of the blackout',
  set: { engines: 3 },
  async fault({ stage, hub, random, recovered }) {
    await shared(stage);
    await sleep(random.between(0, 500));
    const [engine, other] = [...stage.engines].sort(() => random.fraction() - 0.5);
    const began = nowUs();
    const kills = random.chance(0.5);
    const strike = async () => {
      if (kills) await stage.kill(engine.child);
      else stage.stop(engine.child);
    };
    const mend = async () => {
      if (kills) await stage.startEngine(engine);
      else engine.child.kill('SIGCONT');
    };
    // Before the order, while it is on its way, or behind it; and back before it is EFFECTIVE, or meanwhile.
    const trouble = sleep(random.between(0, 400)).then(strike).then(() => sleep(random.between(50, 2000))).then(mend);
    trouble.catch(() => {});
    await sleep(random.between(0, 500));
    const asked = nowUs();
    const { id, effective } = await blackOut(stage, other, ...stopped);
    hub.push({ category: 'otp', operator: 'alpha' });
    await trouble;
    await sleep(random.between(0, 1500));  // long enough for a takeover, and for doubts to be acted upon
    await within(30, 'one-time passwords to go on', (async () => {
      while (!hub.messages.some(({ category, taken }) => category === 'otp' && taken.some(({ at }) => at > effective))) await sleep(20);
    })(), stage);
    const ended = await lift(stage, other, id);
    blackouts.push({ began, asked, effective, ended });
    await recovered(ended, ended, all, { probe: { category: 'notice', operator: 'alpha' }, of: ({ category }) => stopped.includes(category) });
  },
  finish({ hub }) {
    let before = 0;
    for (const message of hub.messages.filter(({ category }) => stopped.includes(category))) {
      for (const { at } of message.taken) {
        const during = blackouts.find(({ began, ended }) => at > began && at < ended);
        if (!during) continue;
        assert.ok(at <= during.effective, `${message.job} ${message.i} (${message.category}) came ${(at - during.effective) / 1000} ms behind EFFECTIVE`);
        before += 1;
      }
    }
    assert.ok(before > 0, 'nothing in scope was on its way: the blackouts stopped nothing');
    const longest = Math.max(...blackouts.map(({ asked, effective }) => effective - asked)) / 1000;
    return `, ${before} parts in scope in the moments before EFFECTIVE, 0 behind it, EFFECTIVE after at most ${Math.round(longest)} ms`;
  },
});

// An SMSC that reads nothing: what it took lies in its kernel, what it did not take in the engine's. A blackout that is
// EFFECTIVE then must not let the latter go when it reads again.
const stalledKinds = [
  { ...operatorKinds[0], tps: 400, rows: { ...operatorKinds[0].rows, window: 40 } },
  // What a window holds is more than two kernels hold of a bind, and the windows hold far less than waits.
  { name: 'charlie', prefix: '9182', tps: 0, rows: { window: 500 }, preload: ['small_receive_buffer', 'ANCHAL_RECEIVE_BUFFER=32768'],
    smsc: ['--receipt-delay', '100'] },
];

const tails = [];

scenario('stalled', 'an SMSC that stops reading: when it goes on, nothing comes that a blackout stopped meanwhile', {
  rounds: 5,
  since: 'the end of the blackout',
  inFlight: 2 * (500 + 40),
  // The kernel gives a link up that is stuck for a lease (TCP_USER_TIMEOUT), and it would never come back while its SMSC sleeps.
  set: { kinds: stalledKinds, lease: 2000 },
  hub: {
    waiting: 6000,
    choose: (random) => (random.chance(0.05) ? { category: 'otp', operator: 'alpha' }
      : { category: random.one(['service', 'promotional']), operator: random.chance(0.1) ? 'alpha' : 'charlie', long: true }),
  },
  async fault({ stage, hub, random, recovered }) {
    const [engine] = stage.engines;
    const charlie = stage.operators[1];
    await sleep(random.between(200, 700));
    stage.stop(charlie.child);
    const struck = stage.faults.at(-1);
    // The kernel of the SMSC takes no more, and that of the engine holds some.
    let before;
    await until('octets that the SMSC does not take', async () => {
      const [one, other] = [await queued(charlie.port), await sleep(150).then(() => queued(charlie.port))];
      before = other;
      return other.sent > 0 && one.sent === other.sent && one.unread === other.unread;
    }, [engine.child], 30);
    // What its kernel has at EFFECTIVE is the operator's. The engine resets links with unsent octets; their sockets are gone then.
    let most = before.unread, asking = true;
    const watching = (async () => {
      for (; asking; await sleep(2)) most = Math.max(most, (await queued(charlie.port)).unread);
    })();
    const { id, effective } = await blackOut(stage, engine, 'service', 'promotional');
    asking = false;
    await watching;
    for (let count = 0; count < 10; count += 1) hub.push({ category: 'otp', operator: 'alpha' });
    await sleep(300);
    const after = await queued(charlie.port);
    assert.ok(after.unread <= most + 2000, `the SMSC's kernel took ${after.unread - most} octets behind EFFECTIVE`);  // binds
    charlie.child.kill('SIGCONT');
    await sleep(700);
    await until('one-time passwords to go on', () => hub.messages.some(({ category, taken }) => category === 'otp' && taken.some(({ at }) => at > effective)), [engine.child]);
    const ended = await lift(stage, engine, id);
    // An SMSC that is stopped may hold the first octets of one submit_sm a bind itself; the rest lies in its kernel.
    let octets = 0;
    const halves = new Map();
    for (const message of hub.messages) {
      for (const part of message.taken.filter(({ at }) => at > effective && at < ended)) {
        if (message.category === 'otp') continue;
        if (message.operator === 'charlie') {
          octets += part.octets;
          halves.set(part.bind, Math.max(halves.get(part.bind) ?? 0, part.octets - 1));
        }
        else assert.fail(`${message.job} ${message.i} reached ${message.operator} ${(part.at - effective) / 1000} ms behind EFFECTIVE`);
      }
    }
    const held = [...halves.values()].reduce((a, b) => a + b, 0);
    assert.ok(octets <= most + held, `${octets} octets in scope came behind EFFECTIVE, ${most} were with the SMSC before`);
    tails.push(`${most} octets with the SMSC, ${before.sent} with the engine, ${octets} came`);
    // What lay with the SMSC is of this fault too, although it was read behind its begin.
    stage.faults.splice(stage.faults.indexOf(struck), 1, ended);
    await recovered(ended, ended, all, { probe: { category: 'service', operator: 'charlie', long: true }, of: ({ operator }) => operator === 'charlie' });
  },
  finish: () => `; at EFFECTIVE ${tails.join('; ')}`,
});
