// Real relays on a network of paper against the plainest account of what they promise (docs/threat-model.md). Every
// schedule that ever broke one stays in regressions/; a long run is `npm run model -- --runs 100000`.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';

const RUNS = 2_000;
/** The same schedules each time: what chance finds belongs to long runs. */
const SEED = 1;
const FOLDER = new URL('regressions/', import.meta.url);

describe('client and server relays, whatever happens', { timeout: 300_000 }, () => {
  it(`keep every promise in ${RUNS} schedules`, () => {
    fc.assert(fc.property(schedules, play), { numRuns: RUNS, seed: SEED });
  });

  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  it.each(files)('keep every promise in %s', (name) => {
    const schedule = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Schedule;
    expect(() => play(schedule)).not.toThrow();
  });
});
