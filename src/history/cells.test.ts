import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figures, row } from '../../test/history/frames.ts';
import { CELL_COLUMNS, CELL_STATES } from '../contract/index.ts';
import { CELL_WIDTH, cleanRows, figure, mergeCell, stateOf } from './cells.ts';

function merged(...cells: Figures[]): Float64Array {
  const rows = new Float64Array(CELL_WIDTH);
  for (const cell of cells) mergeCell(rows, 0, Float32Array.from(row(cell)), 0);
  return rows;
}

describe('mergeCell()', () => {
  it.each([
    [['first', 'late'], 'late'],
    [['lossy', 'first', 'idle'], 'lossy'],
    [['silent', 'down', 'lossy'], 'silent'],
    [['none', 'idle'], 'idle'],
  ] as const)('makes %j %s: the worst wins', (states, worst) => {
    expect(stateOf(merged(...states.map((state) => ({ state }))), 0)).toBe(worst);
  });

  it('weighs the median by copies and takes the largest 95th percentile', () => {
    const rows = merged(
      { first: 30, latenessMedianMs: 1, latenessP95Ms: 9 },
      { late: 10, latenessMedianMs: 5, latenessP95Ms: 7 },
      { lost: 100 },
    );
    expect(figure(rows, 0, 'latenessMedianMs')).toBe(2);
    expect(figure(rows, 0, 'latenessP95Ms')).toBe(9);
  });

  it('adds up every count, in whatever order', () => {
    const counts = ['first', 'late', 'lost', 'rescued', 'bytesIn', 'bytesOut'] as const;
    const cell = fc.record(Object.fromEntries(counts.map((name) => [name, fc.nat(1_000_000)])));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 10 }), (cells) => {
        const rows = merged(...cells);
        for (const name of counts)
          expect(figure(rows, 0, name)).toBe(cells.reduce((sum, each) => sum + (each[name] ?? 0), 0));
      }),
    );
  });
});

describe('cleanRows()', () => {
  it('leaves nothing that JSON or a picture could not show', () => {
    const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1];
    for (const value of bad)
      expect([...cleanRows(Float32Array.from(CELL_COLUMNS, () => value))]).toEqual(CELL_COLUMNS.map(() => 0));
    expect(stateOf(cleanRows(Float32Array.from([CELL_STATES.length, ...row({}).slice(1)])), 0)).toBe('none');
  });

  it('rounds lateness to sixteenths of a millisecond', () => {
    const rows = cleanRows(Float32Array.from(row({ latenessMedianMs: 0.03, latenessP95Ms: 12.1 })));
    expect(figure(rows, 0, 'latenessMedianMs')).toBe(0);
    expect(figure(rows, 0, 'latenessP95Ms')).toBe(12.125);
  });
});
