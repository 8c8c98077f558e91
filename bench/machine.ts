/** Where and on what a run took place, and whether the machine was quiet enough for figures. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** More than this of one core used by others, and figures say little. */
const QUIET_PERCENT = 5;
const LOOK_MS = 2_000;

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** The version measured; `+` when files differ from it. */
  readonly commit: string;
}

export function machine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: commit(),
  };
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const isChanged = git('status', '--porcelain', '--untracked-files=no', 'src') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? '+' : '');
  } catch {
    return 'unknown'; // not a clone, or no git
  }
}

/** Keeps other runs away for as long as this process lives: they would use the same ports and cores. */
export async function beAlone(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // An abstract socket (unix(7)) goes with its process, however that ends.
    const lock = createServer().listen('\0rengarde-bench', resolve);
    lock.unref();
    lock.once('error', () => reject(new Error('Cannot measure: another "npm run bench" is running')));
  });
}

/** How much of one core others use while nothing is measured, in per cent; and whether that is too much. */
export async function disturbance(): Promise<{ percent: number; isTooMuch: boolean }> {
  const before = busyTicks();
  await sleep(LOOK_MS);
  // A tick is a hundredth of a second (proc(5), sysconf(_SC_CLK_TCK)).
  const percent = (busyTicks() - before) / (LOOK_MS / 1000);
  return { percent, isTooMuch: percent > QUIET_PERCENT };
}

/** Ticks that all cores have not been idle: user, nice, system, irq, softirq and steal (proc(5)). */
function busyTicks(): number {
  const columns = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))![1]!.split(' ').map(Number);
  return [0, 1, 2, 5, 6, 7].reduce((sum, column) => sum + columns[column]!, 0);
}
