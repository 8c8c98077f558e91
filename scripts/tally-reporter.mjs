// A vitest reporter that only counts: it writes what passed, failed and was skipped to the file named by
// TALLY_FILE, for test.mjs to add up. Vitest's own JSON knows neither the reason of a skip nor faults
// outside of tests, and takes the tests of a failed `beforeAll` for skipped.

import { writeFileSync } from 'node:fs';

/**
 * @typedef {{ passed: number, failed: number, failures: string[], skipped: { name: string, count: number }[] }} Tally
 * `failures` says of each what failed and the first line of why.
 */

/**
 * Counts the tests of finished modules. A file or suite that fails outside of its tests (an import, a
 * hook) is one failure, and the tests it kept from running are failures too, not skips.
 * @returns {Tally} `skipped` has one entry per skipped suite, or test where its suite ran
 */
export function tallyOf(testModules, unhandledErrors = []) {
  let passed = 0;
  const failures = unhandledErrors.map((error) => failureOf('outside of tests', [error]));
  const skipped = new Map();
  for (const testModule of testModules) {
    const file = testModule.relativeModuleId;
    if (testModule.errors().length > 0) failures.push(failureOf(file, testModule.errors()));
    for (const suite of testModule.children.allSuites()) {
      if (suite.errors().length > 0) failures.push(failureOf(`${file} > ${suite.fullName}`, suite.errors()));
    }
    for (const test of testModule.children.allTests()) {
      const { state, note, errors = [] } = test.result();
      if (state === 'passed') passed++;
      else if (state === 'skipped' && !wasKeptFromRunning(test)) {
        const name = note ? `${test.fullName}: ${note}` : outermostSkipped(test).fullName;
        skipped.set(name, (skipped.get(name) ?? 0) + 1);
      } else failures.push(failureOf(`${file} > ${test.fullName}`, errors));
    }
  }
  return {
    passed,
    failed: failures.length,
    failures,
    skipped: [...skipped].map(([name, count]) => ({ name, count })),
  };
}

function failureOf(name, errors) {
  const reason = errors[0]?.message?.split('\n')[0] ?? 'did not run';
  return `${name}: ${reason}`;
}

/** Whether a test that was meant to run did not, because a hook around it failed. */
function wasKeptFromRunning(test) {
  return test.options.mode === 'run' && ancestors(test).some((suite) => suite.errors().length > 0);
}

function outermostSkipped(test) {
  return ancestors(test).findLast((suite) => suite.type === 'suite' && suite.options.mode === 'skip') ?? test;
}

/** The suites around a test from the inside out, its module last. */
function ancestors(test) {
  const found = [];
  for (let parent = test.parent; parent !== undefined; parent = parent.parent) found.push(parent);
  return found;
}

export default class TallyReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    writeFileSync(process.env.TALLY_FILE, JSON.stringify(tallyOf(testModules, unhandledErrors)));
  }
}
