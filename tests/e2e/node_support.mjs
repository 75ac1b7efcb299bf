// What the tests with foreign peers share: programs started and ended, a private Redis, waiting without guessing.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const anchal = process.env.ANCHAL;
if (!anchal) throw new Error('the environment variable ANCHAL must name the binary');

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

export async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'anchal-node-'));
  folders.push(path);
  return path;
}

/// Asks `look` again and again until it gives something true; fails with `what` and the logs after `seconds`.
export async function until(what, look, children = [], seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
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

/// A redis-server on a socket in a folder of its own.
export async function startRedis() {
  const socket = join(await folder(), 'redis');
  const child = start('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', socket.slice(0, -6),
    '--maxmemory', '256mb', '--maxmemory-policy', 'noeviction']);
  const command = async (...args) => {
    const { stdout } = await promisify(execFile)('redis-cli', ['-s', socket, ...args]);
    return stdout;
  };
  await until('redis-server', () => command('PING').then((reply) => reply.includes('PONG'), () => false), [child]);
  return { child, socket, command };
}

/// Ends a child in order and gives its exit code.
export async function terminate(child) {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await ended;
  return code;
}
