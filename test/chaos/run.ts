/**
 * `npm run chaos -- --minutes M --seed S`: chaos runs, one per engine and seed, each told live and judged at its end.
 * Exit status 0 when no packet was lost outside of the stated windows and every promise was kept. See README.md.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '../lab/lab.ts';
import { programObstacle } from '../lab/requirements.ts';
import { runChaos } from './chaos.ts';
import { type KindName, kindNames } from './kinds.ts';
import { type Family, families } from './rig.ts';

const usage = `npm run chaos -- [--minutes 5] [--seed N[,N...]] [--engine linux|portable|both] [--rate 200]
                [--family ${families.join('|')}] [--only KIND,...] [--without KIND,...] [--quiet]
Kinds: ${kindNames.join(', ')}`;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'both' },
    rate: { type: 'string', default: '200' },
    family: { type: 'string' },
    only: { type: 'string' },
    without: { type: 'string', default: '' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(usage);
  process.exit(0);
}
if (programObstacle !== null) throw new Error(`Cannot run: ${programObstacle}`);
const engines = enginesOf(options.engine);
const seeds = options.seed.split(',').map((text) => numberOf('seed', text, 0));
const durationMs = numberOf('minutes', options.minutes, 0.1) * 60_000;
const packetsPerSecond = numberOf('rate', options.rate, 1);
const family = options.family === undefined ? undefined : familyOf(options.family);
const without = kindsOf(options.without);
const only = (options.only === undefined ? kindNames : kindsOf(options.only)).filter(
  (kind) => !without.includes(kind),
);

const results: string[] = [];
let isFine = true;
for (const seed of seeds) {
  for (const engine of engines) {
    console.log(
      `\nchaos: ${engine} engine, seed ${seed}, ${options.minutes} min, ${options.rate} packets/s each way`,
    );
    const folder = resolve('.cache/chaos', `${seed}-${engine}`);
    const say = (line: string) => {
      if (!options.quiet || !/^ *[\d.]+ s {2}/.test(line)) console.log(line);
    };
    const wishes = { engine, seed, durationMs, packetsPerSecond, only, folder, say };
    const verdict = await runChaos({ ...wishes, ...(family !== undefined && { family }) });
    const { evidence, lost, outside, failures, steps } = verdict;
    isFine &&= outside.length === 0 && failures.length === 0;
    const sent = evidence.ledgers.up.count + evidence.ledgers.down.count;
    results.push(
      `${engine}, seed ${seed}: ${steps.length} faults, ${sent} packets, ${outside.length} lost outside of the windows, ` +
        `${lost.length - outside.length} inside or by the lab, ${failures.length} other failures`,
    );
  }
}
console.log(`\n${results.join('\n')}`);
process.exitCode = isFine ? 0 : 1;

function enginesOf(text: string): Engine[] {
  if (text === 'both') return ['linux', 'portable'];
  if (text === 'linux' || text === 'portable') return [text];
  throw new Error(`Cannot run on the engine "${text}": want linux, portable or both`);
}

function familyOf(text: string): Family {
  const family = families.find((name) => name === text);
  if (family === undefined) throw new Error(`Cannot speak "${text}": want ${families.join(', ')}`);
  return family;
}

function numberOf(name: string, text: string, least: number): number {
  const number = Number(text);
  if (text.trim() === '' || !(number >= least))
    throw new Error(`Cannot take --${name} "${text}": want a number from ${least} up`);
  return number;
}

function kindsOf(text: string): KindName[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !(kindNames as string[]).includes(name));
  if (unknown.length > 0) throw new Error(`Cannot find the kind "${unknown[0]}"\n${usage}`);
  return names as KindName[];
}
