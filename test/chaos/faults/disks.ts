/**
 * A disk without room left: for the past and sessions that a program keeps when it ends, for the file that "keep"
 * changes, for the log itself. Each costs what could not be written, which is said where it can be, and nothing else.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { postJson } from '../../lab/http.ts';
import { runCommand } from '../../lab/namespace.ts';
import { interfaceName, type Side } from '../../lab/topology.ts';
import type { Host } from '../host.ts';
import { wirePath } from '../kinds.ts';
import { BrokenPromise, type Make, type Scene } from './fault.ts';
import { mend } from './files.ts';
import { expectLine, saidWithinMs } from './resources.ts';

const ballastBytes = 64 << 10;
const logDiskSize = '64k';

export const disks = {
  'disk full': endOnFullDisk,
  'keep with a full disk': keepOnFullDisk,
  'log on a full disk': logOnFullDisk,
} satisfies Record<string, Make>;

/** The past can't be kept when the program ends; it ends well nevertheless, and the next one serves. */
async function endOnFullDisk({ rig, referee, step }: Scene) {
  const host = rig.host(step.target as Side);
  const empty = fill(rig.state(host.side));
  const mark = host.lineCount;
  const serves = referee.openWindow(host.side, `restart of the ${host.side} with a full disk`);
  try {
    const { code } = await host.restart('SIGTERM');
    serves();
    expectGoodEnd(host, code);
    await expectLine(host, mark, /Cannot keep the history/, saidWithinMs);
  } finally {
    empty();
  }
  return undefined;
}

/** "keep" is refused, and the file stays what it was; with room again it is done. */
async function keepOnFullDisk(scene: Scene) {
  const { rig } = scene;
  const host = rig.host('client');
  const folder = rig.state('client');
  await expectAnswer(host, `paths/${interfaceName('client', wirePath)}/exclude`, /"ok"/);
  const content = readFileSync(host.file, 'utf8');
  const files = readdirSync(folder).toSorted().join();
  const empty = fill(folder);
  try {
    await expectAnswer(host, 'exclusions/keep', /"cannot-keep"/).finally(empty);
    if (readFileSync(host.file, 'utf8') !== content || readdirSync(folder).toSorted().join() !== files)
      throw new BrokenPromise('What could not be kept has changed the file, or left something beside it');
    await expectAnswer(host, 'exclusions/keep', /"changed":true/);
  } finally {
    await expectAnswer(host, 'exclusions/reset', /"ok"/);
    await mend(scene, 'client');
  }
  return undefined;
}

/** A log on a full disk loses its lines; with room again it goes on. The disk is the log's own: nothing else frees room. */
async function logOnFullDisk({ rig, referee, step }: Scene) {
  const host = rig.host(step.target as Side);
  const disk = join(rig.state(host.side), 'log-disk');
  const log = join(disk, 'log');
  mkdirSync(disk);
  await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${logDiskSize}`, 'tmpfs', disk]);
  const empty = fill(disk);
  const serves = referee.openWindow(host.side, `restart of the ${host.side} with its log on a full disk`);
  await host.restart('SIGTERM', log).finally(serves);
  return async () => {
    const before = readFileSync(log, 'utf8');
    empty();
    const servesAgain = referee.openWindow(host.side, `restart of the ${host.side} with its log as usual`);
    const { code } = await host.restart('SIGTERM').finally(servesAgain);
    const after = readFileSync(log, 'utf8');
    await runCommand('umount', ['--lazy', disk]);
    rmdirSync(disk);
    expectGoodEnd(host, code);
    if (before !== '' || after === '')
      throw new BrokenPromise(
        `Logged on the full disk "${before}", want nothing; with room again "${after}"`,
      );
  };
}

async function expectAnswer(host: Host, action: string, wanted: RegExp): Promise<void> {
  const { status, body } = await postJson(host.namespace, `${host.managerUrl}/api/v2/${action}`);
  if (!wanted.test(body)) throw new BrokenPromise(`${action} was answered ${status} ${body}, want ${wanted}`);
}

function expectGoodEnd({ side }: Host, code: number | null): void {
  if (code !== 0) throw new BrokenPromise(`With a full disk the ${side} left with ${code}`);
}

/** Leaves no byte; the result gives all back. */
function fill(folder: string): () => void {
  const file = join(folder, 'ballast');
  const ballast = openSync(file, 'w');
  const bytes = Buffer.alloc(ballastBytes);
  try {
    for (;;) writeSync(ballast, bytes);
  } catch {
    // ENOSPC: full, as wanted.
  } finally {
    closeSync(ballast);
  }
  return () => rmSync(file);
}
