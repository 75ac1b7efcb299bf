// What the tests with foreign peers share: programs started and ended, a private Redis, waiting without guessing.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const anchal = process.env.ANCHAL;
if (!anchal) throw new Error('the environment variable ANCHAL must name the binary');

/// How much slower the binary may be than a release; tests/CMakeLists.txt says it of sanitized ones. It stretches patience only.
export const slowness = Number(process.env.ANCHAL_SLOWNESS || 1);

const running = [];
const folders = [];

/// Starts a program; its output is kept for the report of a failure.
export function start(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.log = '';
  child.out = '';
  child.stdout.on('data', (data) => { child.out += data; child.log += data; });
  child.stderr.on('data', (data) => { child.log += data; });
  child.on('error', (error) => { child.log += String(error); });
  running.push(child);
  return child;
}

/// Ends what start() started and removes what folder() made. For after().
export async function cleanUp() {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true });
}

// However the test ends, by a signal or an error that nobody caught: after() does not run then.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

export async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'anchal-node-'));
  folders.push(path);
  return path;
}

/// Asks `look` again and again until it gives something true; fails with `what` and the logs after `seconds` of a release.
export async function until(what, look, children = [], seconds = 30) {
  const deadline = Date.now() + seconds * slowness * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${what}\n${children.map((child) => child.log).join('\n----\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/// A simulated SMSC on a port of its own choice.
export async function startSmsc(args) {
  const child = start(anchal, ['smsc', '--port', '0', ...args]);
  const line = await until('the port of anchal smsc', () => /^(\d+)\n/m.exec(child.out), [child]);
  return { child, port: Number(line[1]) };
}

/// A TCP port that is free at this moment.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/// A redis-server on a socket in a folder of its own; `args` in the place of ours, e.g. a configuration file first.
/// `login` stands before every command of redis-cli. restart() starts it again on the same data after its child ended.
export async function startRedis({ args, login = [], port = 0 } = {}) {
  const socket = join(await folder(), 'redis');
  const launch = () => start('redis-server', [...(args ?? ['--save', '', '--maxmemory', '256mb', '--maxmemory-policy', 'noeviction']),
    '--port', String(port), '--unixsocket', socket, '--dir', socket.slice(0, -6)]);
  const command = async (...args) => {
    const { stdout } = await promisify(execFile)('redis-cli', ['-s', socket, ...login, ...args], { maxBuffer: 1 << 26 });
    return stdout;
  };
  // What is too long for an argument, or no text: it goes by standard input, as redis-cli's last argument.
  const commandWith = async (body, ...args) => {
    const client = spawn('redis-cli', ['-s', socket, ...login, '-x', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    client.stdout.on('data', (data) => { out += data; });
    client.stdin.end(body);
    const [code] = await once(client, 'close');
    if (code !== 0) throw new Error(`redis-cli ended with ${code}: ${out}`);
    return out.trim();
  };
  // Many commands, each a list of words, by one redis-cli: a process for each takes longer than an engine for what it adds.
  const commands = async (rows) => {
    const client = spawn('redis-cli', ['-s', socket, ...login], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    client.stdout.on('data', (data) => { out += data; });
    client.stdin.end(rows.map((words) => `${words.map((word) => JSON.stringify(word)).join(' ')}\n`).join(''));
    await once(client, 'close');
    return out.trim().split('\n');
  };
  const redis = { child: launch(), socket, port, directory: socket.slice(0, -6), command, commandWith, commands };
  const answers = () => until('redis-server', () => command('PING').then((reply) => reply.includes('PONG'), () => false), [redis.child]);
  redis.restart = async () => {
    redis.child = launch();
    await answers();
  };
  await answers();
  return redis;
}

/// kill -9.
export async function kill(child) {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/// `anchal serve` on a configuration, once it is ready (or only answers); `url` is that of its admin listener.
export async function startEngine(configFile, ready = true) {
  const child = start(anchal, ['serve', '--config', configFile]);
  const listens = await until('the address of the admin listener', () => /listening on (http:[^\s,]+)/.exec(child.log), [child]);
  child.url = listens[1];
  if (ready) await until('the engine to be ready', () => fetch(`${child.url}/readyz`).then((answer) => answer.ok, () => false), [child]);
  return child;
}

/// A verb of the command: its exit code, stdout and stderr.
export function verb(engine, ...args) {
  const env = { ...process.env, ANCHAL_URL: engine?.url ?? 'http://127.0.0.1:1' };
  return new Promise((resolve) => execFile(anchal, args, { env, maxBuffer: 1 << 26 },
    (error, out, err) => resolve({ code: error ? error.code : 0, out, err })));
}

/// What GET /api/v1/status says.
export const balance = async (engine) => (await fetch(`${engine.url}/api/v1/status`)).json();

/// The outcome lines of a tenant, in all partitions.
export async function outcomes(redis, tenant, partitions) {
  const lines = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const reply = JSON.parse(await redis.command('--json', 'XRANGE', `anchal:{${partition}}:outcomes:${tenant}`, '-', '+'));
    for (const [, fields] of reply) {
      lines.push(...fields[fields.indexOf('body') + 1].trim().split('\n').map((line) => JSON.parse(line)));
    }
  }
  return lines;
}

/// Pushes a job as a hub does: an object, a string, or octets that need not be either. Gives the entry's id.
export const push = (redis, lane, body, partition = 0) => redis.commandWith(
  typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  'XADD', `anchal:{${partition}}:jobs:${lane}`, '*', 'v', '1', 'body');

/// A value in TOML: strings, numbers, booleans and lists of them are spelled as in JSON.
const table = (rows) => Object.entries(rows).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('');

/// Writes anchal.toml into a folder of its own and gives its path. Categories otp, service and promotional are there;
/// operators need a name and a port.
export async function writeConfig(redis, { engine = {}, admin = {}, policy = {}, partitions = 2, categories = {}, operators }) {
  const kinds = { otp: { lane: 'otp', exempt: true }, service: { lane: 'service' }, promotional: { lane: 'bulk' }, ...categories };
  const path = join(await folder(), 'anchal.toml');
  await writeFile(path, [
    `[engine]\n${table({ id: 'engine-1', ...engine })}`,
    `[redis]\n${table({ url: redis.url ?? `unix://${redis.socket}`, partitions, ...redis.settings })}`,
    `[admin]\n${table({ listen: '127.0.0.1:0', ...admin })}`,
    `[policy]\n${table(policy)}`,
    ...Object.entries(kinds).map(([name, rows]) => `[[category]]\n${table({ name, ...rows })}`),
    ...operators.map((rows) => `[[operator]]\n${table({ host: '127.0.0.1', tps: 1000, ...rows })}`),
  ].join('\n'));
  return path;
}

/// The parts that a simulated SMSC has written to its ledger.
export async function ledgerOf(path) {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.slice(0, text.lastIndexOf('\n') + 1).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/// The samples of /metrics by name and labels as they stand there.
export async function metricsOf(engine) {
  const text = await (await fetch(`${engine.url}/metrics`)).text();
  return new Map(text.split('\n').filter((line) => line && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/// Ends a child in order and gives its exit code.
export async function terminate(child) {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await ended;
  return code;
}
