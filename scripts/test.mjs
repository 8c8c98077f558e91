// `npm test [checks|unit|lab|browser|packages] [filter...]`: sets up, then runs the checks, the unit tests, the lab, the
// browser tests and the packages' tests (all of these only when named), and ends with one line of real counts. What follows the part's name goes to vitest: a piece of a file's
// name, or options such as `-t`. The last line is the contract: `N passed, N failed[, N skipped]`.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks, runChecks } from './check.mjs';
import { providePrograms } from './debian.mjs';
import { isMain, runNode } from './run.mjs';
import { build, checkNode, install, SetupError } from './setup.mjs';

/** Vitest's projects. Timeout: when the whole project is taken to hang, far above what a slow machine needs. */
const PROJECTS = {
  unit: { title: 'Unit tests', reporter: 'default', timeoutMs: 900_000 },
  lab: { title: 'Lab: end-to-end tests', reporter: 'verbose', timeoutMs: 3_600_000 },
  browser: { title: 'Browser tests', reporter: 'verbose', timeoutMs: 1_800_000 },
  packages: { title: 'Packages', reporter: 'verbose', timeoutMs: 1_800_000 },
};

/** @typedef {import('./tally-reporter.mjs').Tally} Tally */

/**
 * Splits the command line into the parts to run and what vitest gets. A filter is about tests, so the
 * checks are left out when there is one and no part is named.
 */
export function partsOf(args) {
  const all = ['checks', 'unit', 'lab', 'browser', 'packages'];
  if (all.includes(args[0])) return { parts: [args[0]], filter: args.slice(1) };
  return { parts: args.length === 0 ? all : all.slice(1), filter: args };
}

/** The contract with whoever reads the last line. */
export function countsLine({ passed, failed, skipped }) {
  const skips = skipped.reduce((sum, { count }) => sum + count, 0);
  return `${passed} passed, ${failed} failed${skips > 0 ? `, ${skips} skipped` : ''}`;
}

/** @returns {Tally} */
export function sumOf(tallies) {
  return {
    passed: tallies.reduce((sum, { passed }) => sum + passed, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
    failures: tallies.flatMap(({ failures }) => failures),
    skipped: tallies.flatMap(({ skipped }) => skipped),
  };
}

async function main(args) {
  const { parts, filter } = partsOf(args);
  const tallies = [];
  if (await isPrepared(tallies)) {
    for (const part of ['lab', 'browser', 'packages']) if (parts.includes(part)) await providePrograms(part);
    if (args[0] === 'packages') await providePrograms('all packages');
    if (parts.includes('checks')) tallies.push(await checksTally());
    for (const project of Object.keys(PROJECTS)) {
      if (parts.includes(project)) tallies.push(await vitestTally(project, filter, args[0] === project));
    }
  }
  const total = sumOf(tallies);
  if (total.skipped.length > 0) console.log('\nSkipped:');
  for (const { name, count } of total.skipped)
    console.log(`  ${name}${count > 1 ? ` (${count} tests)` : ''}`);
  if (total.failures.length > 0) console.log('\nFailed:');
  for (const failure of total.failures) console.log(`  ${failure}`);
  console.log(`\n${countsLine(total)}`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** Installs and builds. Without packages nothing can run; after a failed build the rest still tells much. */
async function isPrepared(tallies) {
  try {
    checkNode();
    await install();
  } catch (error) {
    tallies.push(setupFailure(error));
    return false;
  }
  try {
    await build();
  } catch (error) {
    tallies.push(setupFailure(error));
  }
  return true;
}

function setupFailure(error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`${error.message}\n`);
  return { passed: 0, failed: 1, failures: [error.message.split('\n')[0]], skipped: [] };
}

async function checksTally() {
  const names = Object.keys(checks).filter((name) => name !== 'unit');
  const failed = await runChecks(names);
  const failures = failed.map((name) => `check ${name}`);
  return { passed: names.length - failed.length, failed: failed.length, failures, skipped: [] };
}

/** Runs one vitest project live. A run that ends badly without a failed test is a failure itself. */
async function vitestTally(project, filter, isNamed) {
  const { title, reporter, timeoutMs } = PROJECTS[project];
  console.log(`\n${title}`);
  const directory = mkdtempSync(join(tmpdir(), 'rengarde-test-'));
  const tallyFile = join(directory, 'tally.json');
  const projects = project === 'lab' ? ['lab', 'lab-calm'] : [project];
  const args = ['run', ...projects.flatMap((name) => ['--project', name]), '--reporter', reporter];
  args.push('--reporter', './scripts/tally-reporter.mjs', ...filter);
  if (filter.length > 0) args.push('--passWithNoTests');
  const env = { TALLY_FILE: tallyFile, ...(isNamed && { RENGARDE_PACKAGES: 'all' }) };
  const options = { live: true, timeoutMs, env };
  const { status } = await runNode('node_modules/vitest/vitest.mjs', args, options);
  try {
    const tally = JSON.parse(readFileSync(tallyFile, 'utf8'));
    if (status === 0 || tally.failed > 0) return tally;
    return { ...tally, failed: 1, failures: [`the ${project} tests: vitest exited with status ${status}`] };
  } catch {
    // No report, or half of one: vitest crashed or was stopped, and what it did run is unknown.
    const failure = `Cannot count the ${project} tests: vitest exited with status ${status} and left no report`;
    console.error(failure);
    return { passed: 0, failed: 1, failures: [failure], skipped: [] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
