// `npm run check [name...]`: every check on the source, or the named ones. All run even when one fails;
// a check that passes prints one line, one that fails also what it found. Exits 1 when any failed.

import { isMain, runNode, secondsSince } from './run.mjs';
import { SetupError, setUp } from './setup.mjs';

/** The checks in the order they run: cheap and frequent faults first. */
export const checks = {
  format: {
    what: 'format and lint (biome)',
    script: 'node_modules/@biomejs/biome/bin/biome',
    args: ['check', '--error-on-warnings', '--no-errors-on-unmatched'],
  },
  promises: {
    what: 'promises (oxlint)',
    script: 'node_modules/oxlint/bin/oxlint',
    args: ['--type-aware', '--deny-warnings', 'src', 'test', 'bench', 'web/src'],
  },
  types: {
    what: 'types (tsc)',
    script: 'node_modules/typescript/bin/tsc',
    args: ['--noEmit', '-p', 'tsconfig.json', '--pretty'],
  },
  'web types': {
    what: "the page's types (tsc)",
    script: 'node_modules/typescript/bin/tsc',
    args: ['--noEmit', '-p', 'web/tsconfig.json', '--pretty'],
  },
  boundaries: { what: 'import boundaries', script: 'scripts/boundaries.mjs', args: [] },
  licences: { what: 'licences of dependencies', script: 'scripts/licences.mjs', args: [] },
  dead: { what: 'dead code (knip)', script: 'node_modules/knip/bin/knip.js', args: ['--no-progress'] },
  unit: {
    what: 'unit tests (vitest)',
    script: 'node_modules/vitest/vitest.mjs',
    args: ['run', '--project', 'unit', '--reporter', 'dot'],
  },
};

/** No check needs longer; one that hangs is a failure. */
const CHECK_TIMEOUT_MS = 600_000;

/**
 * Runs checks one after the other and prints each one's result.
 * @param {string[]} names keys of `checks`
 * @returns {Promise<string[]>} the names of those that failed
 */
export async function runChecks(names) {
  const failed = [];
  for (const name of names) {
    const { what, script, args } = checks[name];
    const startMs = performance.now();
    process.stdout.write(`${what} ... `);
    const { status, output } = await runNode(script, args, { timeoutMs: CHECK_TIMEOUT_MS });
    console.log(`${status === 0 ? 'ok' : 'FAILED'} in ${secondsSince(startMs)}`);
    if (status === 0) continue;
    failed.push(name);
    console.log(`${output.trimEnd()}\n`);
  }
  return failed;
}

async function main(names) {
  const unknown = names.filter((name) => !Object.hasOwn(checks, name));
  if (unknown.length > 0) {
    throw new SetupError(`Cannot run check "${unknown[0]}": there are ${Object.keys(checks).join(', ')}`);
  }
  const chosen = names.length > 0 ? names : Object.keys(checks);
  await setUp();
  const failed = await runChecks(chosen);
  console.log(failed.length === 0 ? 'All checks passed' : `Failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

if (isMain(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
