/**
 * The long run: `npm run model -- --runs 100000 --seed 1`. Prints how far it is, and of the first schedule that breaks
 * a promise the smallest form, as JSON for a file in regressions/. `--play FILE` plays one such file.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { command, numberFrom } from '../command-line.ts';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';

const EVERY = 2_000;

interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly play?: string;
}

const options = command('npm run model --', 'Plays generated schedules against a plain model of the relay.')
  .option('--runs <n>', 'how many', numberFrom(1), 2_000)
  .option('--seed <n>', 'where they come from', numberFrom(0), Date.now() % 2 ** 31)
  .option('--play <file>', 'one schedule, as JSON')
  .parse()
  .opts<Options>();

if (options.play !== undefined) {
  play(JSON.parse(readFileSync(options.play, 'utf8')) as Schedule);
  console.log('Every promise is kept');
} else {
  search(options.runs, options.seed);
}

function search(runs: number, seed: number): void {
  console.log(`${runs} schedules, seed ${seed}`);
  const startMs = performance.now();
  let played = 0;
  const property = fc.property(schedules, (schedule) => {
    played++;
    if (played % EVERY === 0) {
      const seconds = Math.round((performance.now() - startMs) / 1_000);
      console.log(`${played} played, ${seconds} s`);
    }
    play(schedule);
  });
  const result = fc.check(property, { numRuns: runs, seed });
  if (!result.failed) {
    console.log(`Every promise is kept in ${result.numRuns} schedules`);
    return;
  }
  console.log(`Schedule ${result.numRuns} of seed ${seed}, smallest of ${result.numShrinks} steps:`);
  console.log(JSON.stringify(result.counterexample?.[0]));
  console.log(result.errorInstance);
  process.exitCode = 1;
}
