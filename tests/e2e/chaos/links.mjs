// Links between engines and the rest that can be cut without a word to either end: network namespaces joined by veth
// pairs, or a proxy that goes on listening and forwards nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { until } from '../node_support.mjs';
import { launch, leaseMs } from './stage.mjs';

/// Forwards to a port of the loopback, each octet `delay` milliseconds late. What it holds when the cut ends is lost: the connections of that time are reset,
/// as by a middlebox that forgot them.
export class Proxy {
  #pairs = new Set();
  #isCut = false;
  #server;

  static async open(port, delay = 0) {
    const proxy = new Proxy();
    proxy.delay = delay;
    proxy.#server = createServer({ pauseOnConnect: true }, (near) => proxy.#join(near, port)).listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#server.unref();
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  #join(near, port) {
    const pair = [near];
    this.#pairs.add(pair);
    const over = () => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    };
    near.on('error', () => {});
    near.on('close', over);
    if (this.#isCut) return;
    const far = connect(port, '127.0.0.1');
    pair.push(far);
    far.on('error', () => {});
    far.on('close', over);
    near.setNoDelay(true);
    far.setNoDelay(true);
    const forward = (from, to) => {
      const write = (data) => { if (!this.#isCut && !to.destroyed) to.write(data); };
      from.on('data', this.delay > 0 ? (data) => { setTimeout(write, this.delay, data); } : write);
    };
    forward(near, far);
    forward(far, near);
    near.resume();
  }

  cut() {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  heal() {
    this.#isCut = false;
    for (const pair of [...this.#pairs]) for (const socket of pair) socket.resetAndDestroy();
  }

  close() {
    this.heal();
    this.#server.close();
  }
}

/// A network namespace as long as its holder lives.
class Namespace {
  static async open() {
    const space = new Namespace();
    space.holder = launch(['unshare', '-n', 'sleep', 'infinity']);
    await until('the namespace', () => space.holder.exitCode !== null || space.#isOpen(), [space.holder], 5);
    if (space.holder.exitCode !== null) throw new Error(space.holder.log.trim());
    space.run('ip', 'link', 'set', 'lo', 'up');
    return space;
  }

  // The holder is `sleep` by then, in a namespace that is not ours.
  #isOpen() {
    const link = (pid) => spawnSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' }).stdout;
    const holders = link(this.holder.pid);  // empty once it has ended
    return holders !== '' && holders !== link('self');
  }

  get within() { return ['nsenter', '-t', String(this.holder.pid), '-n']; }
  run(...words) { return execFileSync('nsenter', ['-t', String(this.holder.pid), '-n', ...words], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' }); }
}

/// Why there can be none here, or nothing.
export async function namespacesRefused() {
  try {
    const space = await Namespace.open();
    space.run('ip', 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two');
    space.holder.kill('SIGKILL');
  } catch (error) {
    return `network namespaces are refused: ${error.message.trim()}`;
  }
}

/// How a stage of `count` engines is linked: `options` for Stage.set, and cut and heal of one engine's link to 'redis'
/// or 'smsc'. With namespaces Redis and the SMSCs live in one, each engine in another, with a cable to each of the two.
export async function namespaceLinks(count) {
  const centre = await Namespace.open();
  const spaces = [];
  const subnet = (engine, what) => 2 * engine + (what === 'redis' ? 1 : 2);
  for (let engine = 0; engine < count; engine += 1) {
    const space = await Namespace.open();
    spaces.push(space);
    for (const what of ['redis', 'smsc']) {
      const net = `10.77.${subnet(engine, what)}`;
      execFileSync('ip', ['link', 'add', `${what}${engine}`, 'netns', String(centre.holder.pid), 'type', 'veth', 'peer', 'name', what, 'netns', String(space.holder.pid)]);
      centre.run('ip', 'address', 'add', `${net}.1/30`, 'dev', `${what}${engine}`);
      space.run('ip', 'address', 'add', `${net}.2/30`, 'dev', what);
      centre.run('ip', 'link', 'set', `${what}${engine}`, 'up');
      space.run('ip', 'link', 'set', what, 'up');
    }
  }
  const lags = [], cuts = new Map();
  return {
    means: 'network namespaces',
    lags,
    options: {
      within: centre.within,
      reach: {
        redis: (engine, stage) => [`10.77.${subnet(engine.number, 'redis')}.1`, stage.redisPort],
        smsc: (engine, operator) => [`10.77.${subnet(engine.number, 'smsc')}.1`, operator.port],
        within: (engine) => spaces[engine.number].within,
      },
    },
    cut(engine, what) {
      cuts.set(`${what}${engine.number}`, Date.now());
      centre.run('ip', 'link', 'set', `${what}${engine.number}`, 'down');
    },
    heal(engine, what) {
      // Packets that wait for an address of the other end outlive their connections, and would all come at once now. The
      // proxy loses what it holds too.
      spaces[engine.number].run('ip', 'neighbour', 'flush', 'dev', what);
      centre.run('ip', 'link', 'set', `${what}${engine.number}`, 'up');
      // A connection gives up what was not taken for a lease; what it wrote since then comes at once.
      lags.push([Date.now() * 1000, Math.min(Date.now() - cuts.get(`${what}${engine.number}`), leaseMs) * 1000]);
    },
    close() {},
  };
}

/// `redisDelay`: how far away Redis is, one way, in milliseconds.
export function proxyLinks(count, { redisDelay = 0 } = {}) {
  const proxies = [];
  // The proxy is this process: while it gets no processor, octets stand still, and arrive together afterwards.
  // Ahead of everybody else on the processor, as the SMSC is, where we may; what we start is not.
  spawnSync('chrt', ['--reset-on-fork', '-f', '-p', '9', String(process.pid)]);
  const lags = [];
  let last = performance.now();
  const watch = setInterval(() => {
    const lag = performance.now() - last - 5;
    last = performance.now();
    if (lag > 5) lags.push([Date.now() * 1000, lag * 1000]);
  }, 5).unref();
  const of = (engine, what) => proxies.filter((proxy) => proxy.engine === engine.number && proxy.what === what);
  return {
    means: 'a proxy',
    lags,
    options: {
      async ready(stage) {
        for (let engine = 0; engine < count; engine += 1) {
          const add = async (what, name, port, delay) => proxies.push(Object.assign(await Proxy.open(port, delay), { engine, what, name }));
          await add('redis', 'redis', stage.redisPort, redisDelay);
          for (const { name, port } of stage.operators) await add('smsc', name, port);
        }
      },
      reach: {
        redis: (engine) => ['127.0.0.1', of(engine, 'redis')[0].port],
        smsc: (engine, operator) => ['127.0.0.1', of(engine, 'smsc').find(({ name }) => name === operator.name).port],
      },
    },
    cut: (engine, what) => of(engine, what).forEach((proxy) => proxy.cut()),
    heal: (engine, what) => of(engine, what).forEach((proxy) => proxy.heal()),
    close() {
      clearInterval(watch);
      proxies.forEach((proxy) => proxy.close());
    },
  };
}

/// Octets that lie in the kernel for connections to a port of the loopback: `sent` not yet taken by the peer's kernel,
/// `unread` taken and not read by the listening process.
export async function queued(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const sums = { sent: 0, unread: 0 };
  for (const line of (await readFile('/proc/net/tcp', 'latin1')).trim().split('\n').slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    const [sent, unread] = queues.split(':').map((octets) => parseInt(octets, 16));
    if (remote.endsWith(`:${hex}`)) sums.sent += sent;
    if (local.endsWith(`:${hex}`)) sums.unread += unread;
  }
  return sums;
}
