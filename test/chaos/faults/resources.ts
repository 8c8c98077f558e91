/**
 * A program that runs out of file descriptors or memory. Sessions that exist go on, and the log says what to
 * raise: both are checked, the first by the referee, the second here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { serverPort } from '../../lab/lab.ts';
import { runCommand } from '../../lab/namespace.ts';
import type { Side } from '../../lab/topology.ts';
import type { Host } from '../host.ts';
import { BrokenPromise, type Make } from './fault.ts';
import { flood } from './manager.ts';

/** What a flood of requests may take beyond what is in use, in bytes of address space. */
const headroomBytes = 256 << 20;
/** A path added while there were no descriptors; none of the others. */
const extraPath = 9;
export const saidWithinMs = 5_000;
/** The client tries again after 5 s at most. */
const openedWithinMs = 10_000;

export const resources = {
  descriptors: async (scene) => {
    const host = scene.rig.host(scene.step.target as Side);
    const mark = host.lineCount; // said at once, when something happens to its links just now, and only once
    await limit(host, 'nofile', lowestFree(host.pid));
    if (host.side === 'client') await scene.rig.topology.addPath(extraPath);
    else await knock(host);
    return async () => {
      try {
        await expectLine(host, mark, /ulimit -n/, saidWithinMs);
      } finally {
        await limit(host, 'nofile', 'unlimited');
      }
      if (host.side === 'server') return;
      try {
        await expectLine(host, mark, new RegExp(`path c${extraPath} is open`), openedWithinMs);
      } finally {
        await scene.rig.topology.removePath(extraPath);
      }
    };
  },
  memory: async (scene) => {
    const host = scene.rig.host(scene.step.target as Side);
    await limit(host, 'as', addressSpaceBytes(host.pid) + headroomBytes);
    await flood(scene);
    return async () => limit(host, 'as', 'unlimited');
  },
} satisfies Record<string, Make>;

/** prlimit(1): the soft limit alone, so that it can be raised again. */
async function limit({ pid }: Host, resource: string, value: number | string): Promise<void> {
  const soft = value === 'unlimited' ? hardLimit(pid, resource) : String(value);
  await runCommand('prlimit', ['--pid', String(pid), `--${resource}=${soft}:`]);
}

/** proc(5), limits: the fifth or fourth column from the left is the hard one. */
function hardLimit(pid: number, resource: string): string {
  const name = resource === 'nofile' ? 'Max open files' : 'Max address space';
  const line = readFileSync(`/proc/${pid}/limits`, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(name));
  return line!.slice(name.length).trim().split(/\s+/)[1]!;
}

/** A limit is on the number itself: with this one, nothing more can be opened, and what is open stays. */
function lowestFree(pid: number): number {
  const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let free = 0;
  while (used.has(free)) free += 1;
  return free;
}

function addressSpaceBytes(pid: number): number {
  return Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** A stranger's handshake, which would get a socket towards WireGuard. */
async function knock(host: Host): Promise<void> {
  const code = `const socket = require('node:dgram').createSocket('udp4');
    const packet = require('node:crypto').randomBytes(148);
    packet.writeUInt32LE(1, 0);
    socket.send(packet, ${serverPort}, '127.0.0.1', () => socket.close());`;
  await host.namespace.run(process.execPath, ['-e', code]);
}

/** @throws BrokenPromise when no line since the mark is like that in time */
export async function expectLine(host: Host, mark: number, wanted: RegExp, timeoutMs: number): Promise<void> {
  try {
    await host.program.waitFor(`line ${wanted}`, () => host.loggedSince(mark, wanted), timeoutMs);
  } catch {
    throw new BrokenPromise(`The ${host.side}'s log has no line like ${wanted} within ${timeoutMs} ms`);
  }
}
