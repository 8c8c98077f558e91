// `unit` needs nothing and runs in parallel; `lab` and `lab-calm` build network namespaces with real WireGuard,
// `browser` drives a real Chromium and `packages` makes and runs packages, so these run one file at a
// time, `lab-calm` two, and give slow machines time.
import { defineConfig } from 'vitest/config';

/** Lab tests in which nothing depends on how soon something happens: two at a time. */
const CALM = [
  'bad-input',
  'commands',
  'doctor',
  'doctor-findings',
  'init',
  'interfaces',
  'metrics',
  'privileges',
  'quick-start',
  'status',
].map((name) => `test/lab/${name}.lab.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'test/*.test.ts',
            'test/simnet/**/*.test.ts',
            'test/model/**/*.test.ts',
            'test/soak/**/*.test.ts',
            'test/chaos/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
            'bench/*.test.ts',
            'web/src/**/*.test.ts',
            'scripts/**/*.test.mjs',
          ],
          // A minute-long stall of a busy machine is no mistake; what hangs is found all the same.
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.lab.test.ts'],
          exclude: CALM,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'lab-calm',
          include: CALM,
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'packages',
          include: ['test/packages/**/*.packages.test.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
