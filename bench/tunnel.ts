/**
 * The whole tunnel against a bare WireGuard on one path, in turn (A B A B): TCP both ways, the processor
 * time of every program, and the delay of pings through the then idle tunnel. In the lab, so as root.
 * Usage: npx tsx bench/tunnel.ts [--rounds 3] [--seconds 4] [--pings 2500] [--paths 3]
 *          [--contestants bare,linux] [--json FILE]
 * Contestants: bare, linux, portable; linux-1 and portable-1 have one path only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Engine, type LabOptions, startLab } from '../test/lab/lab.ts';
import { programObstacle } from '../test/lab/requirements.ts';
import { compare, type Round, spread, table, writeJson } from './tunnel-figures.ts';
import { measurePings, measureTcp, percentile } from './tunnel-traffic.ts';

const pingsPerSecond = 250;
/** For what TCP left in the queues. */
const settleMs = 1_000;
const percentiles = [50, 90, 99, 99.9];
const BARE = 'bare';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    pings: { type: 'string', default: '2500' },
    paths: { type: 'string', default: '3' },
    contestants: { type: 'string', default: 'bare,linux' },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds);
const contestants = options.contestants.split(',');
const labs = new Map(contestants.map((name) => [name, labOptions(name)]));
if (programObstacle !== null) throw new Error(`Cannot measure the tunnel: ${programObstacle}`);

const figures = new Map<string, Round[]>(contestants.map((name) => [name, []]));
for (let round = 1; round <= rounds; round++) {
  for (const [contestant, forLab] of labs) {
    figures.get(contestant)!.push(await measure(forLab));
    process.stderr.write(`round ${round} of ${rounds}: ${contestant}\n`);
  }
}

console.log(
  `${options.paths} paths, median (min–max) of ${rounds} rounds, TCP for ${options.seconds} s each way`,
);
console.log(table(figures, (name) => (/Mb\/s|lost|retransmits/.test(name) ? 0 : 2)));
for (const contestant of contestants) if (contestant !== BARE) printComparison(contestant);
if (options.json !== undefined) writeJson(options.json, options, figures);

function labOptions(contestant: string): LabOptions {
  const [, engine, onePath] = /^(bare|linux|portable)(-1)?$/.exec(contestant) ?? [];
  if (engine === undefined) {
    throw new Error(`Cannot measure "${contestant}": must be bare, linux, portable, linux-1 or portable-1`);
  }
  const paths = engine === BARE || onePath !== undefined ? 1 : Number(options.paths);
  return { engine: engine as Engine | 'bare', paths };
}

/** A new lab for each: no round inherits what another warmed up or wore out. */
async function measure(forLab: LabOptions): Promise<Round> {
  const lab = await startLab(forLab);
  try {
    const round: Record<string, number> = {};
    const costs: Record<string, number> = {};
    for (const direction of ['up', 'down'] as const) {
      const tcp = await measureTcp(lab, direction, Number(options.seconds));
      round[`TCP ${direction}, Mb/s`] = tcp.megabitsPerSecond;
      round[`TCP ${direction}, retransmits`] = tcp.retransmits;
      for (const [program, seconds] of Object.entries(tcp.cpuSecondsPerGigabyte)) {
        costs[`CPU ${direction}, s/GB: ${program}`] = seconds;
      }
    }
    await sleep(settleMs);
    const pings = await measurePings(lab, Number(options.pings), pingsPerSecond);
    for (const percent of percentiles) round[`ping p${percent}, ms`] = percentile(pings, percent);
    round['pings lost'] = pings.lost;
    return { ...round, ...costs };
  } finally {
    await lab.stop();
  }
}

function printComparison(contestant: string): void {
  if (!contestants.includes(BARE)) return;
  const pair = [contestant, BARE] as const;
  const ratio = (ours: number, theirs: number) => ours / theirs;
  const say = (what: string, values: number[], wanted: string) =>
    console.log(`${contestant}: ${what}: ${spread(values, 2)} (wanted: ${wanted})`);
  for (const direction of ['up', 'down']) {
    const values = compare(figures, `TCP ${direction}, Mb/s`, pair, ratio);
    say(`TCP ${direction} / bare`, values, 'at least 0.55, with the duplicate filter 0.85');
  }
  const later = compare(figures, 'ping p99, ms', pair, (ours, theirs) => ours - theirs);
  say('ping p99 - bare, ms', later, 'at most 0.5');
  const single = contestants.includes(`${contestant}-1`) ? `${contestant}-1` : BARE;
  for (const [direction, receiver] of [
    ['up', 'server'],
    ['down', 'client'],
  ]) {
    const name = `CPU ${direction}, s/GB: WireGuard ${receiver}`;
    const values = compare(figures, name, [contestant, single], ratio);
    say(`CPU of the receiving WireGuard ${direction} / ${single}`, values, 'at most 1.15');
  }
}
