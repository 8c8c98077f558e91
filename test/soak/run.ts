/**
 * `npm run soak -- --minutes 60`: a soak, told minute by minute and judged at its end. See README.md.
 * Exit status 0 when nothing was lost and everything that must be level was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Option } from 'commander';
import { command, numberFrom } from '../command-line.ts';
import type { Engine } from '../lab/lab.ts';
import { programObstacle } from '../lab/requirements.ts';
import { sides } from '../lab/topology.ts';
import { lossesOf, mostRise, settledOf, type Trend, trendOf } from './judge.ts';
import type { Figure } from './samples.ts';
import { cycleMs, type Result, soak } from './soak.ts';

interface Options {
  readonly minutes: number;
  readonly rate: number;
  readonly sessions: number;
  readonly engine: Engine;
  readonly json?: string;
}

const { json, rate, ...wishes } = command(
  'npm run soak --',
  'Both programs under load, with links that come and go.',
)
  .option('--minutes <n>', 'how long', numberFrom(1), 60)
  .option('--rate <n>', 'packets per second of all sessions, half of them each way', numberFrom(200), 20_000)
  .option(
    '--sessions <n>',
    'the first goes through rengarde-client and has half of the load',
    numberFrom(1),
    100,
  )
  .addOption(new Option('--engine <name>').choices(['linux', 'portable']).default('linux'))
  .option('--json <file>', 'the file that takes every sample; else one in .cache/soak/')
  .parse()
  .opts<Options>();
const options = { ...wishes, packetsPerSecond: rate };

if (programObstacle !== null) throw new Error(`Cannot run: ${programObstacle}`);
const at = new Date().toISOString();
console.log(
  `soak: ${options.minutes} min, ${options.packetsPerSecond} packets/s (half of them each way) in ${options.sessions} ` +
    `sessions, three links, one stopped every 5 s, ${options.engine} engine`,
);
const result = await soak({ ...options, say: (line) => console.log(line) });
const faults = report(result);
const file = json ?? resolve('.cache/soak', `${at.replaceAll(':', '-').slice(0, 19)}.json`);
mkdirSync(dirname(file), { recursive: true });
const machine = { kernel: release(), processors: cpus().length, node: process.version };
writeFileSync(file, `${JSON.stringify({ at, machine, options, faults, ...result }, null, 1)}\n`);
console.log(`\nEvery sample: ${file}`);
for (const fault of faults) console.log(`FAILED: ${fault}`);
console.log(faults.length === 0 ? 'passed' : `${faults.length} failed`);
process.exitCode = faults.length === 0 ? 0 : 1;

/** Prints the table; gives what was not as it must be. */
function report(result: Result): string[] {
  const { flaps, up, down, worstSession, unsent, handshakes, drops, unanswered, processor, outstanding } =
    result;
  const lost = { up: up.sent - up.arrived, down: down.sent - down.arrived };
  const excused = drops.lab + drops.backlog + unsent;
  console.log(
    `\n${up.sent} packets up, lost ${lost.up}; ${down.sent} down, lost ${lost.down}; at most ${worstSession} of one ` +
      `session (wanted: 0); ${flaps} links stopped, ${handshakes} handshakes\n` +
      `dropped by this lab itself: ${drops.lab} at its sockets, ${drops.backlog} in the kernel's backlog, ${unsent} ` +
      `not sent; copies for which the programs' sockets were full: ${drops.copies}; metrics refused: ${unanswered}\n` +
      `processor: ${Object.entries(processor)
        .map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`)
        .join(', ')} of one\n`,
  );
  const faults: string[] = [];
  if (lost.up + lost.down > excused) {
    const when = lossesOf(outstanding).map(
      ({ sample, count }) => `${count} by ${(sample + 1) * (cycleMs / 1_000)} s`,
    );
    faults.push(
      `${lost.up + lost.down} packets lost, of which this lab dropped at most ${excused}; ${when.join(', ')}`,
    );
  }
  if (up.sent < options.packetsPerSecond * 0.4 * 60 * options.minutes) {
    faults.push(`only ${up.sent} packets sent: the machine was too slow for the load`);
  }
  if (unanswered > 0) faults.push(`${unanswered} requests for metrics were not answered`);
  console.log(row(['', 'settled', 'end', 'highest', 'rise of its line', 'at most', '']));
  for (const side of sides) {
    for (const figure of Object.keys(mostRise) as Figure[]) {
      const trend = trendOf(settledOf(result.samples[side]), figure);
      console.log(rowOf(side, trend));
      if (!trend.isLevel)
        faults.push(`${side}: ${figure} rises by ${trend.rise.toFixed(2)}${changes(result, side)}`);
    }
  }
  return faults;
}

function rowOf(side: string, { figure, first, last, highest, rise, isLevel }: Trend): string {
  const digits = figure.endsWith('Mib') ? 1 : 0;
  const numbers = [first, last, highest].map((value) => value.toFixed(digits));
  return row([
    `${side}, ${figure}`,
    ...numbers,
    rise.toFixed(2),
    String(mostRise[figure]),
    isLevel ? 'level' : 'RISES',
  ]);
}

/** Which kinds there are more of at the end than halfway. */
function changes({ kinds }: Result, side: 'client' | 'server'): string {
  const [halfway = {}, end = {}] = kinds[side];
  const grown = Object.keys(end).filter((kind) => end[kind]! > (halfway[kind] ?? 0));
  return grown.map((kind) => `; ${kind}: ${halfway[kind] ?? 0} to ${end[kind]}`).join('');
}

function row([name, ...columns]: readonly string[]): string {
  return `${name!.padEnd(22)}${columns.map((column) => column.padStart(18)).join('')}`.trimEnd();
}
