/** Which cells somebody may want to look into, and the one that a click was meant for. */
import { CELL_COLUMNS, CELL_STATES, type CellState } from '../contract.ts';
import type { Cell } from './cell.ts';

const AMISS: readonly CellState[] = ['lossy', 'silent', 'down'];
const STATE = CELL_COLUMNS.indexOf('state');

export function isAmiss(state: CellState): boolean {
  return AMISS.includes(state);
}

/**
 * The cell nearest to `index` in which something was amiss, at most `reach` cells away; undefined: none. A
 * second is a pixel wide and moves while the pointer stays.
 */
export function nearestAmiss(cells: readonly Cell[], index: number, reach: number): number | undefined {
  for (let distance = 0; distance <= reach; distance++) {
    const found = [index - distance, index + distance].find((place) => {
      const state = CELL_STATES[cells[place]?.[STATE] ?? 0];
      return state !== undefined && isAmiss(state);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
