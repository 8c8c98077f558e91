/**
 * What a bad link does to the others: p99 delay of pings through the tunnel while what one side sends on one
 * link vanishes or meets a full queue, against the same stream without the fault, in turn. In the lab, so as
 * root.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { command, namesOf, numberFrom } from '../test/command-line.ts';
import { type Engine, type Lab, startLab } from '../test/lab/lab.ts';
import { programObstacle } from '../test/lab/requirements.ts';
import { type Side, sides, type Topology } from '../test/lab/topology.ts';
import { compare, type Round, spread, table, writeJson } from './tunnel-figures.ts';
import { blackhole, type Fault, throttle } from './tunnel-one-way-faults.ts';
import { type Delays, measurePings, percentile, startLoad } from './tunnel-traffic.ts';

const pingsPerSecond = 250;
/** Time for the load to fill the queue, and for an emptied one to be forgotten. */
const settleMs = 1_500;
/** Neither the first nor the last of three. */
const faultyPath = 1;
const kilobitsPerSecond = 500;
const p99 = 'ping p99, ms';

interface Case {
  readonly what: string;
  readonly hasLoad: boolean;
  make(topology: Topology, sender: Side): Promise<Fault>;
}

const cases: readonly Case[] = [
  {
    what: 'blackholed',
    hasLoad: false,
    make: (topology, sender) => blackhole(topology, sender, faultyPath),
  },
  {
    // The queue drops what comes on top, and the sender isn't told.
    what: 'queue full',
    hasLoad: true,
    make: (topology, sender) =>
      throttle(topology, sender, faultyPath, { kilobitsPerSecond, queueBytes: 30_000 }),
  },
  {
    // The queue takes everything, so the socket's send buffer is what fills up: sending gives EAGAIN.
    what: 'send buffer full',
    hasLoad: true,
    make: (topology, sender) =>
      throttle(topology, sender, faultyPath, { kilobitsPerSecond, queueBytes: 64_000_000 }),
  },
];

interface Options {
  readonly rounds: number;
  readonly pings: number;
  readonly engines: readonly Engine[];
  readonly load: number;
  readonly only: string;
  readonly json?: string;
}

const options = command('npx tsx bench/tunnel-faults.ts', 'What a bad link does to the pings on the others.')
  .option('--rounds <n>', 'of all faults in turn', numberFrom(1), 5)
  .option('--pings <n>', 'with a fault, and as many without', numberFrom(1), 1_000)
  .option('--engines <name,...>', 'linux, portable', namesOf(['linux', 'portable']), ['linux'])
  .option('--load <n>', 'Mbit/s of UDP towards the queue that is to be full', numberFrom(1), 20)
  .option('--only <text>', 'faults with this in their names, such as "send buffer full at the server"', '')
  .option('--json <file>', 'where every value goes')
  .parse()
  .opts<Options>();
const { rounds, engines } = options;
if (programObstacle !== null) throw new Error(`Cannot measure faults: ${programObstacle}`);

const figures = new Map<string, Round[]>();
const evidence = new Map<string, string>();
for (let round = 1; round <= rounds; round++) {
  for (const engine of engines) {
    const lab = await startLab({ engine });
    try {
      for (const one of cases) {
        for (const sender of sides) {
          const name = `${engine}, ${one.what} at the ${sender}`;
          if (name.includes(options.only)) await measurePair(lab, one, sender, name);
        }
      }
    } finally {
      await lab.stop();
    }
    process.stderr.write(`round ${round} of ${rounds}: ${engine}\n`);
  }
}

console.log(`3 paths, the fault on one; median (min–max) of ${rounds} rounds of ${options.pings} pings`);
const names = [...evidence.keys()];
for (const name of names) {
  const pair = new Map([withoutFault(name), name].map((key) => [key, figures.get(key)!]));
  const digits = (figure: string) => (figure.includes('lost') ? 0 : 2);
  console.log(`\n${table(pair, digits)}\nthe fault, in the last round: ${evidence.get(name)}`);
}
console.log();
for (const name of names) {
  const later = compare(figures, p99, [name, withoutFault(name)], (ours, theirs) => ours - theirs);
  const before = figures.get(withoutFault(name))!.map((one) => one[p99]!);
  const noise = (Math.max(...before) - Math.min(...before)).toFixed(2);
  console.log(
    `${name}: p99 - before, ms: ${spread(later, 2)} (wanted: at most 1; before alone varied by ${noise})`,
  );
}
if (options.json !== undefined) writeJson(options.json, options, figures);

function withoutFault(name: string): string {
  return `${name}: before`;
}

/** The stream without the fault, then with it, under the same load. */
async function measurePair(lab: Lab, one: Case, sender: Side, name: string): Promise<void> {
  const direction = sender === 'client' ? 'up' : 'down';
  const stopLoad = one.hasLoad ? await startLoad(lab, direction, options.load) : async () => {};
  await note(lab, withoutFault(name));
  const fault = await one.make(lab.topology, sender);
  await note(lab, name);
  evidence.set(name, await fault.evidence());
  await fault.undo();
  await stopLoad();
}

async function note(lab: Lab, name: string): Promise<void> {
  await sleep(settleMs);
  const pings = await measurePings(lab, options.pings, pingsPerSecond);
  figures.set(name, [...(figures.get(name) ?? []), figuresOf(pings)]);
}

function figuresOf(pings: Delays): Round {
  return {
    'ping p50, ms': percentile(pings, 50),
    'ping p90, ms': percentile(pings, 90),
    [p99]: percentile(pings, 99),
    'pings lost': pings.lost,
  };
}
