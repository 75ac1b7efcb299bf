// Who takes part: a redis-server that keeps its data, two simulated operators with their ledgers, and engines. Each can
// be killed, stopped and started again. All end with this process, however it ends.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anchal, folder, freePort, start, until } from '../node_support.mjs';
import { Ledger } from './ledger.mjs';
import { Redis } from './resp.mjs';

export const partitions = 6;
export const leaseMs = 400;
const bindsEach = 2, window = 20;

/// What a category does to a message in doubt. Two of them share a lane.
export const categories = {
  otp: { lane: 'otp', exempt: true, on_doubt: 'report' },
  notice: { lane: 'alert', on_doubt: 'resend_once' },
  service: { lane: 'service', on_doubt: 'report' },
  reminder: { lane: 'service', on_doubt: 'query' },
  promotional: { lane: 'bulk', on_doubt: 'resend_once' },
};

/// Two operators, unlike each other. Every receipt comes in the end: the campaign is to be over when all are final. The
/// late ones come when the category has acted: there is something to ask by query_sm.
export const operatorKinds = [
  { name: 'alpha', prefix: '9180', tps: 240, rows: { query_trusted: true }, smsc: ['--response-delay', '60', '--response-jitter', '60',
    '--receipt-delay', '150', '--receipt-late', '0.1', '--receipt-late-by', '3000', '--query-loss', '0.1',
    '--undelivered', '0.05', '--receipt-twice', '0.02', '--receipt-early', '0.02'] },
  { name: 'bravo', prefix: '9181', tps: 120, smsc: ['--response-delay', '90', '--response-jitter', '40', '--receipt-delay', '80',
    '--receipt-late', '0.05', '--receipt-late-by', '1500', '--receipt-other-bind', '--undelivered', '0.1',
    '--status', '0x58:0.02', '--status', '0x0b:0.03'] },
];

/// Parts that an engine can have written and not heard of, both operators together.
export const inFlightMax = operatorKinds.length * bindsEach * window;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const nowUs = () => Date.now() * 1000;

// The SMSC's clock is the measure of rates: ahead of everybody else on the processor, where we may.
const punctual = spawnSync('chrt', ['-f', '10', 'true']).status === 0 ? ['chrt', '-f', '10'] : [];

/// Starts a program that dies with us. `within`: words that lead into a network namespace.
export const launch = (words, within = []) => {
  const [program, ...args] = ['setpriv', '--pdeathsig', 'KILL', ...within, ...words];
  const child = start(program, args);
  child.ended = once(child, 'exit');
  return child;
};

/// Words that load one of our libraries into the program behind them; `setting` is what it reads.
const preloaded = ([library, setting] = []) => (library
  ? ['env', `LD_PRELOAD=${process.env.ANCHAL_PRELOADS}/lib${library}.so`, setting] : []);

const toml = (rows) => Object.entries(rows).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('');

export class Stage {
  engines = [];
  operators = [];
  faults = [];  // the instants of all that was killed, stopped or cut off
  #byQuery = new Map();  // doubts that query_sm ended, by engine process

  /// `redis`: further words of redis-server; `preload`: a library for it, and its setting; `engines`: how many; `lease`: theirs, in
  /// milliseconds; `kinds`: other operators; `stateDir`: engines keep what a restart should know beyond Redis;
  /// `reach`: how an engine gets to Redis and to an operator's SMSC, and by which words it is started; `within`: by which
  /// words those two are; `ready`: called when they run and no engine does; `links`: closed with the stage.
  static async set({ redis = ['--appendfsync', 'everysec'], preload, engines = 1, lease = leaseMs, kinds = operatorKinds, stateDir = false, reach = {}, within = [], ready, links } = {}) {
    const stage = new Stage();
    Object.assign(stage, { within, links, lease, stateDir });
    stage.reach = { redis: () => ['127.0.0.1', stage.redisPort], smsc: (_, operator) => ['127.0.0.1', operator.port], within: () => [], ...reach };
    stage.directory = await folder();
    stage.redisPort = await freePort();
    stage.redisWords = ['redis-server', '--port', String(stage.redisPort), '--bind', '0.0.0.0', '--protected-mode', 'no',
      '--unixsocket', join(stage.directory, 'redis'), '--dir', stage.directory, '--save', '', '--appendonly', 'yes',
      '--maxmemory', '1gb', '--maxmemory-policy', 'noeviction', '--hash-max-listpack-entries', '64', ...redis];
    // What is kept of a failure is the whole story.
    if (process.env.ANCHAL_CHAOS_KEEP) stage.redisWords.push('--auto-aof-rewrite-percentage', '0');
    stage.redisWords.unshift(...preloaded(preload));
    stage.redis = new Redis({ path: join(stage.directory, 'redis') });
    await stage.startRedis();
    for (const kind of kinds) {
      const ledger = join(stage.directory, `${kind.name}.ledger`);
      const child = launch([...punctual, ...preloaded(kind.preload), anchal, 'smsc', '--host', '0.0.0.0', '--port', '0', '--ledger', ledger, '--late-above', '2', ...kind.smsc], within);
      const line = await until('the port of anchal smsc', () => /^(\d+)\n/m.exec(child.out), [child]);
      stage.operators.push({ ...kind, child, port: Number(line[1]), ledger: new Ledger(ledger) });
    }
    await ready?.(stage);
    for (let number = 0; number < engines; number += 1) stage.engines.push({ number, id: `engine-${number + 1}` });
    return stage;
  }

  async startEngines() {
    for (const engine of this.engines) await this.startEngine(engine);
    await until('every partition to be owned', async () => (await this.owners()).every(Boolean), this.engines.map(({ child }) => child));
  }

  async startRedis() {
    this.redisChild = launch(this.redisWords, this.within);
    // A killed predecessor's socket still lies there: only an answer counts. While the file is read it says LOADING.
    await until('redis-server', () => this.redis.command('PING').then(() => true, () => false), [this.redisChild], 60);
    return nowUs();
  }

  async startEngine(engine) {
    engine.config ??= await this.#writeConfig(engine);
    const child = launch([anchal, 'serve', '--config', engine.config], this.reach.within(engine));
    engine.past = (engine.past ?? '') + (engine.child?.log ?? '');
    engine.child = child;
    child.on('exit', (code, signal) => {
      if (!child.wanted) this.trouble ??= `${engine.id} ended by itself, ${code ?? signal}:\n${child.log.slice(-4000)}`;
    });
    return nowUs();
  }

  async #writeConfig(engine) {
    const path = join(this.directory, `${engine.id}.toml`);
    const state = this.stateDir ? { state_dir: join(this.directory, engine.id) } : {};
    if (this.stateDir) await mkdir(state.state_dir);
    const [redisHost, redisPort] = this.reach.redis(engine, this);
    await writeFile(path, [
      `[engine]\n${toml({ id: engine.id, shards: 1, lease_ms: this.lease, move_after_ms: 500, snapshot_interval_s: 1, ...state })}`,
      `[redis]\n${toml({ url: `redis://${redisHost}:${redisPort}`, partitions })}`,
      `[admin]\n${toml({ listen: '127.0.0.1:0' })}`,
      ...Object.entries(categories).map(([name, rows]) => `[[category]]\n${toml({ name, doubt_wait_s: Math.ceil((2 * this.lease) / 1000), ...rows })}`),
      ...this.operators.map((operator) => {
        const [host, port] = this.reach.smsc(engine, operator);
        return `[[operator]]\n${toml({ name: operator.name, host, port, tps: operator.tps, prefixes: [operator.prefix], binds: bindsEach, window,
          reconnect_min_ms: 50, reconnect_max_ms: 400, bind_timeout_s: 2, response_timeout_s: 3, enquire_link_s: 1, ...operator.rows })}`;
      }),
    ].join('\n'));
    return path;
  }

  /// kill -9. Gives the instant.
  async kill(child) {
    child.wanted = true;
    const at = nowUs();
    this.faults.push(at);
    child.kill('SIGKILL');
    await child.ended;
    return at;
  }

  /// It does nothing until SIGCONT.
  stop(child) {
    this.faults.push(nowUs());
    child.kill('SIGSTOP');
  }

  /// The engine that owns each partition, by Redis.
  async owners() {
    const records = await this.redis.command('MGET', ...Array.from({ length: partitions }, (_, at) => `anchal:{${at}}:owner`));
    return records.map((record) => record?.split('/')[0]);
  }

  async partitionsOf(engine) {
    const owners = await this.owners();
    return owners.flatMap((owner, partition) => (owner === engine.id ? [partition] : []));
  }

  addressOf(engine) { return /listening on (http:[^\s,]+)/.exec(engine.child.log)?.[1]; }

  /// GET of an engine's admin listener, from where the engine is.
  async ask(engine, path) {
    const url = await until('the address of the admin listener', () => this.addressOf(engine), [engine.child]);
    const within = this.reach.within(engine);
    if (within.length > 0) return execFileSync(within[0], [...within.slice(1), process.execPath, '-e',
      `fetch(${JSON.stringify(url + path)}).then((answer) => answer.text()).then(console.log)`], { encoding: 'utf8' });
    return (await fetch(url + path)).text();
  }

  /// Doubts that an answer to query_sm ended, as engines said while they lived. What one said between our last look and its
  /// death is missing; of engines in namespaces all but the last look, which takes a process each.
  async lookForQueries(last = false) {
    for (const engine of this.engines) {
      const { child } = engine;
      if (!child || !this.addressOf(engine) || (!last && this.reach.within(engine).length > 0)) continue;
      const metrics = await this.ask(engine, '/metrics').catch(() => '');
      const value = /^anchal_doubts_resolved_total\{evidence="query"\} (.*)$/m.exec(metrics)?.[1];
      if (value) this.#byQuery.set(child, Number(value));
    }
    return [...this.#byQuery.values()].reduce((a, b) => a + b, 0);
  }

  checkAlive() {
    if (this.trouble) throw new Error(this.trouble);
  }

  /// What the engines of this moment said last, for the report of a failure.
  logs() {
    return this.engines.map(({ id, child }) => `--- ${id}\n${child?.log.slice(-3000)}`).join('\n');
  }

  /// For whoever looks into a failure.
  async keep(name) {
    const folder = process.env.ANCHAL_CHAOS_KEEP && join(process.env.ANCHAL_CHAOS_KEEP, `${name}-${Date.now()}`);
    if (!folder) return;
    for (const { name, child } of this.operators) await writeFile(join(this.directory, `${name}.log`), child.log);
    for (const { id, past, child } of this.engines) await writeFile(join(this.directory, `${id}.log`), (past ?? '') + (child?.log ?? ''));
    await cp(this.directory, folder, { recursive: true, filter: (path) => !path.endsWith('/redis') });
    console.log(`kept in ${folder}`);
  }

  async close() {
    this.links?.close();
    for (const { child } of this.engines) if (child) child.wanted = true;
    this.redis.close();
    for (const { ledger } of this.operators) await ledger.close();
  }
}
