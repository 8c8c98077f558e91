import { expect, it } from 'vitest';
import { joined, type Run } from './page.ts';

it('joined() takes each part from the last run that measured it', () => {
  const run = joined([runOf('abc', { idle: 1, delay: 2 }), runOf('abc', { delay: 3, tunnel: 4 })]);
  expect(run.measures.map(({ part, values }) => [part, values.linux])).toEqual([
    ['idle', [1]],
    ['delay', [3]],
    ['tunnel', [4]],
  ]);
  expect(run.wanted.map(({ part, values }) => [part, values])).toEqual([
    ['idle', [1]],
    ['delay', [3]],
    ['tunnel', [4]],
  ]);
});

it('joined() refuses runs of different versions', () => {
  expect(() => joined([runOf('abc', {}), runOf('def', {})])).toThrow(
    'versions abc and def: want one version',
  );
});

/** @param parts the one value that each part found */
function runOf(commit: string, parts: Readonly<Record<string, number>>): Run {
  const found = Object.entries(parts);
  return {
    at: '2026-11-30T00:00:00.000Z',
    machine: { processor: 'any', cores: 2, memoryGiB: 1, kernel: '6.1', node: 'v20', commit },
    disturbancePercent: 0,
    options: { rounds: 1 },
    skipped: [],
    measures: found.map(([part, value]) => ({
      part,
      what: 'a case',
      figure: 'a figure',
      better: 'less',
      values: { linux: [value] },
    })),
    wanted: found.map(([part, value]) => ({
      part,
      what: 'a case',
      wanted: { atMost: 9 },
      values: [value],
    })),
  };
}
