/**
 * The long run: `npm run model -- --runs 100000 --seed 1`. Prints how far it is, and of the first schedule that breaks
 * a promise the smallest form, as JSON for a file in regressions/. `--play FILE` plays one such file.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';

const EVERY = 2_000;

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, play: { type: 'string' } },
});

if (values.play !== undefined) {
  play(JSON.parse(readFileSync(values.play, 'utf8')) as Schedule);
  console.log('Every promise is kept');
} else {
  search(whole('runs', values.runs, 2_000), whole('seed', values.seed, Date.now() % 2 ** 31));
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

function whole(option: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`Cannot read --${option} "${value}": want a whole number`);
}
