import { describe, expect, it } from 'vitest';
import { CELL_COLUMNS, CELL_STATES, type CellState } from '../contract.ts';
import { nearestAmiss } from './amiss.ts';

const cell = (state: CellState) =>
  CELL_COLUMNS.map((column) => (column === 'state' ? CELL_STATES.indexOf(state) : 0));
const cells = [cell('lossy'), null, cell('first'), cell('idle'), cell('silent')];

describe('nearestAmiss()', () => {
  it.each([
    [0, 0, 0],
    [2, 1, undefined],
    [2, 2, 0],
    [3, 1, 4],
    [9, 5, 4],
    [-3, 2, undefined],
  ])('from cell %d with a reach of %d is %s', (index, reach, found) => {
    expect(nearestAmiss(cells, index, reach)).toBe(found);
  });
});
