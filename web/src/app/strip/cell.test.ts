import { describe, expect, it } from 'vitest';
import { CELL_COLUMNS, CELL_STATES, type CellState } from '../contract.ts';
import { cameOf, lossShareOf, sumOf } from './cell.ts';

function cell(state: CellState, first: number, late: number, lost: number): number[] {
  const values: Record<string, number> = { state: CELL_STATES.indexOf(state), first, late, lost };
  return CELL_COLUMNS.map((column) => values[column] ?? 0);
}

describe('sumOf()', () => {
  it('takes the last state in order, and adds up the counts', () => {
    const sum = sumOf([cell('first', 9, 1, 0), cell('lossy', 5, 2, 3), null, cell('idle', 0, 0, 0)]);
    expect(sum).toMatchObject({ state: 'lossy', known: 3, first: 14, late: 3, lost: 3 });
  });

  it('says nothing of cells that are not there', () => {
    expect(sumOf([null, undefined as never], -3, 9)).toMatchObject({ state: 'none', known: 0, first: 0 });
  });
});

describe('lossShareOf()', () => {
  const sum = sumOf([cell('lossy', 6, 3, 1)]);

  it('counts late copies of a link as come, and dropped ones of the tunnel not', () => {
    expect(cameOf(sum, false)).toBe(9);
    expect(lossShareOf(sum, false)).toBe(0.1);
    expect(lossShareOf(sum, true)).toBeCloseTo(1 / 7);
  });

  it('is unknown without packets', () => {
    expect(lossShareOf(sumOf([]), false)).toBeNull();
  });
});
