/**
 * `npm run chaos -- --minutes M --seed S`: chaos runs, one per engine and seed, each told live and judged at its end.
 * Exit status 0 when no packet was lost outside of the stated windows and every promise was kept. See README.md.
 */
import { resolve } from 'node:path';
import { Option } from 'commander';
import { command, namesOf, numberFrom, numbersFrom } from '../command-line.ts';
import type { Engine } from '../lab/lab.ts';
import { programObstacle } from '../lab/requirements.ts';
import { runChaos } from './chaos.ts';
import { type KindName, kindNames } from './kinds.ts';
import { type Family, families } from './rig.ts';

interface Options {
  readonly minutes: number;
  readonly seed: readonly number[];
  readonly engine: Engine | 'both';
  readonly family?: Family;
  readonly rate: number;
  readonly only: readonly KindName[];
  readonly without: readonly KindName[];
  readonly quiet: boolean;
}

const options = command('npm run chaos --', 'Chaos runs, one per engine and seed, each told live and judged.')
  .option('--minutes <n>', 'how long each run takes', numberFrom(0.1), 5)
  .option('--seed <n,...>', 'what happens: the same seed, the same schedule', numbersFrom(0), [
    Date.now() % 1_000_000,
  ])
  .addOption(new Option('--engine <name>').choices(['linux', 'portable', 'both']).default('both'))
  .addOption(
    new Option('--family <name>', 'between the programs; else the seed chooses').choices([...families]),
  )
  .option('--rate <n>', 'packets per second, each way', numberFrom(1), 200)
  .addOption(
    new Option('--only <kind,...>', 'these kinds of faults')
      .argParser(namesOf(kindNames))
      .default(kindNames, 'all'),
  )
  .addOption(
    new Option('--without <kind,...>', 'all but these').argParser(namesOf(kindNames)).default([], 'none'),
  )
  .option('--quiet', 'no line for each fault', false)
  .addHelpText('after', `\nKinds: ${kindNames.join(', ')}`)
  .parse()
  .opts<Options>();

if (programObstacle !== null) throw new Error(`Cannot run: ${programObstacle}`);
const { family, rate: packetsPerSecond } = options;
const engines: Engine[] = options.engine === 'both' ? ['linux', 'portable'] : [options.engine];
const durationMs = options.minutes * 60_000;
const only = options.only.filter((kind) => !options.without.includes(kind));

const results: string[] = [];
let isFine = true;
for (const seed of options.seed) {
  for (const engine of engines) {
    console.log(
      `\nchaos: ${engine} engine, seed ${seed}, ${options.minutes} min, ${packetsPerSecond} packets/s each way`,
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
