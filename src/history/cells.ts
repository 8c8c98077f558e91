/**
 * Cells as rows of numbers, and how several become one: the worst state wins, counts add up, the median of
 * lateness is the mean weighted by copies, and its 95th percentile the largest.
 */
import { CELL_COLUMNS, CELL_STATES, type CellColumn, type CellState } from '../contract/index.ts';

/** Numbers per cell. */
export const CELL_WIDTH = CELL_COLUMNS.length;

/** Rows of cells, one after the other. */
export type Rows = Float32Array | Float64Array;

/** Lateness is kept in sixteenths of a millisecond: exact in 32 bits, short in JSON, and it compresses well. */
const STEPS_PER_MS = 16;

const STATE = CELL_COLUMNS.indexOf('state');
const MEDIAN = CELL_COLUMNS.indexOf('latenessMedianMs');
const P95 = CELL_COLUMNS.indexOf('latenessP95Ms');
const FIRST = CELL_COLUMNS.indexOf('first');
const LATE = CELL_COLUMNS.indexOf('late');
const SUMS = (['first', 'late', 'lost', 'rescued', 'bytesIn', 'bytesOut'] as const).map((name) =>
  CELL_COLUMNS.indexOf(name),
);

/** One figure of the cell that begins at `offset`. */
export function figure(rows: Rows, offset: number, column: CellColumn): number {
  return rows[offset + CELL_COLUMNS.indexOf(column)] ?? 0;
}

/** What happened in the cell that begins at `offset`. */
export function stateOf(rows: Rows, offset: number): CellState {
  return CELL_STATES[rows[offset + STATE] ?? 0] ?? 'none';
}

/** Adds one cell to another; a cell of zeros takes over what is added. */
export function mergeCell(into: Rows, intoOffset: number, from: Rows, fromOffset: number): void {
  const before = copies(into, intoOffset);
  const added = copies(from, fromOffset);
  const median = intoOffset + MEDIAN;
  const weighted = (into[median] ?? 0) * before + (from[fromOffset + MEDIAN] ?? 0) * added;
  into[median] = before + added === 0 ? 0 : rounded(weighted / (before + added));
  for (const column of [STATE, P95]) {
    const at = intoOffset + column;
    into[at] = Math.max(into[at] ?? 0, from[fromOffset + column] ?? 0);
  }
  for (const column of SUMS) {
    const at = intoOffset + column;
    into[at] = (into[at] ?? 0) + (from[fromOffset + column] ?? 0);
  }
}

/** A copy for keeping: lateness rounded, and zero for whatever is no number or below zero. */
export function cleanRows(rows: Rows): Float32Array {
  const clean = Float32Array.from(rows, (value) =>
    value > 0 && value < Number.POSITIVE_INFINITY ? value : 0,
  );
  for (let offset = 0; offset < clean.length; offset += CELL_WIDTH) {
    clean[offset + MEDIAN] = rounded(clean[offset + MEDIAN] ?? 0);
    clean[offset + P95] = rounded(clean[offset + P95] ?? 0);
    if ((clean[offset + STATE] ?? 0) >= CELL_STATES.length) clean[offset + STATE] = 0;
  }
  return clean;
}

function copies(rows: Rows, offset: number): number {
  return (rows[offset + FIRST] ?? 0) + (rows[offset + LATE] ?? 0);
}

function rounded(ms: number): number {
  return Math.round(ms * STEPS_PER_MS) / STEPS_PER_MS;
}
