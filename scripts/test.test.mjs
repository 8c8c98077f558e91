import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, runNode } from './run.mjs';
import { countsLine, partsOf, sumOf } from './test.mjs';

describe('partsOf()', () => {
  it.each([
    [[], { parts: ['checks', 'unit', 'lab', 'browser', 'packages'], filter: [] }],
    [['lab'], { parts: ['lab'], filter: [] }],
    [['browser', 'smoke'], { parts: ['browser'], filter: ['smoke'] }],
    [['unit', 'relay', '-t', 'late'], { parts: ['unit'], filter: ['relay', '-t', 'late'] }],
    [['relay'], { parts: ['unit', 'lab', 'browser', 'packages'], filter: ['relay'] }],
  ])('splits %j', (args, expected) => {
    expect(partsOf(args)).toEqual(expected);
  });
});

describe('countsLine()', () => {
  it('leaves out skips when there are none', () => {
    expect(countsLine({ passed: 3, failed: 0, skipped: [] })).toBe('3 passed, 0 failed');
  });

  it('adds up skips and tallies', () => {
    const tally = { passed: 1, failed: 2, failures: ['b', 'c'], skipped: [{ name: 'a', count: 3 }] };
    expect(countsLine(sumOf([tally, tally]))).toBe('2 passed, 4 failed, 6 skipped');
  });
});

describe('TallyReporter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rengarde-tally-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  /** What the reporter writes about one test file with the given text. */
  async function tallyOf(source) {
    writeFileSync(join(directory, 'fixture.test.js'), source);
    const tallyFile = join(directory, 'tally.json');
    const args = ['run', '--globals', '--root', directory];
    args.push('--reporter', join(root, 'scripts/tally-reporter.mjs'));
    await runNode('node_modules/vitest/vitest.mjs', args, { env: { TALLY_FILE: tallyFile } });
    return JSON.parse(readFileSync(tallyFile, 'utf8'));
  }

  it('counts what passed and failed', async () => {
    const source = "it('a', () => {}); it('b', () => {}); it('c', () => { throw new Error('c'); });";
    expect(await tallyOf(source)).toEqual({
      passed: 2,
      failed: 1,
      failures: ['fixture.test.js > c: c'],
      skipped: [],
    });
  });

  it('names skipped suites by their title and skipped tests with their note', async () => {
    const source = `
      describe.skip('lab (needs root)', () => { it('a', () => {}); describe('in', () => { it('b', () => {}); }); });
      it('v6', (context) => context.skip('no IPv6 here'));`;
    expect(await tallyOf(source)).toEqual({
      passed: 0,
      failed: 0,
      failures: [],
      skipped: [
        { name: 'lab (needs root)', count: 2 },
        { name: 'v6: no IPv6 here', count: 1 },
      ],
    });
  });

  it('takes the tests behind a failed hook for failures, not for skips', async () => {
    const source = "describe('s', () => { beforeAll(() => { throw new Error('h'); }); it('a', () => {}); });";
    expect(await tallyOf(source)).toEqual({
      passed: 0,
      failed: 2,
      failures: ['fixture.test.js > s: h', 'fixture.test.js > s > a: did not run'],
      skipped: [],
    });
  });

  it('counts a file that cannot load, and an error outside of tests', async () => {
    expect(await tallyOf("throw new Error('load');")).toEqual({
      passed: 0,
      failed: 1,
      failures: ['fixture.test.js: load'],
      skipped: [],
    });
    const unhandled =
      "it('a', async () => { Promise.reject(new Error('u')); await new Promise((r) => setTimeout(r, 20)); });";
    expect(await tallyOf(unhandled)).toEqual({
      passed: 1,
      failed: 1,
      failures: ['outside of tests: u'],
      skipped: [],
    });
  });
}, 30_000);
