/** Reading cells of the history, and taking several together. */
import { CELL_COLUMNS, CELL_STATES, type CellState, type History } from '../contract.ts';

export type Cell = History['tracks'][number]['cells'][number];

const STATE = CELL_COLUMNS.indexOf('state');
const FIRST = CELL_COLUMNS.indexOf('first');
const LATE = CELL_COLUMNS.indexOf('late');
const LOST = CELL_COLUMNS.indexOf('lost');
const RESCUED = CELL_COLUMNS.indexOf('rescued');
const BYTES_IN = CELL_COLUMNS.indexOf('bytesIn');
const BYTES_OUT = CELL_COLUMNS.indexOf('bytesOut');
const MEDIAN = CELL_COLUMNS.indexOf('latenessMedianMs');
const P95 = CELL_COLUMNS.indexOf('latenessP95Ms');

/** What one or several cells of a track say together. */
export interface CellSum {
  /** The last in the order of CELL_STATES that occurred. */
  readonly state: CellState;
  /** Cells of which something is known. */
  readonly known: number;
  readonly first: number;
  readonly late: number;
  readonly lost: number;
  readonly rescued: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The worst of the cells: medians cannot be added up. */
  readonly medianMs: number;
  readonly p95Ms: number;
}

/** Takes the cells from one index up to another together; cells that don't exist count as unknown. */
export function sumOf(cells: readonly Cell[], begin = 0, end = cells.length): CellSum {
  const sum = { first: 0, late: 0, lost: 0, rescued: 0, bytesIn: 0, bytesOut: 0, medianMs: 0, p95Ms: 0 };
  let state = 0;
  let known = 0;
  for (let index = Math.max(0, begin); index < end; index++) {
    const cell = cells[index];
    if (!cell) continue;
    state = Math.max(state, cell[STATE]!);
    if (cell[STATE] !== 0) known++;
    sum.first += cell[FIRST]!;
    sum.late += cell[LATE]!;
    sum.lost += cell[LOST]!;
    sum.rescued += cell[RESCUED]!;
    sum.bytesIn += cell[BYTES_IN]!;
    sum.bytesOut += cell[BYTES_OUT]!;
    sum.medianMs = Math.max(sum.medianMs, cell[MEDIAN]!);
    sum.p95Ms = Math.max(sum.p95Ms, cell[P95]!);
  }
  return { ...sum, state: CELL_STATES[state] ?? 'none', known };
}

/** Packets that came: of the tunnel the different ones, of a link its copies. */
export function cameOf(sum: CellSum, isTunnel: boolean): number {
  return isTunnel ? sum.first : sum.first + sum.late;
}

/** Lost, of all packets whose fate is known; null: there were none. */
export function lossShareOf(sum: CellSum, isTunnel: boolean): number | null {
  const all = cameOf(sum, isTunnel) + sum.lost;
  return all === 0 ? null : sum.lost / all;
}

/** The track's cells, none when there is no such track. */
export function cellsOf(history: History, name: string): readonly Cell[] {
  return history.tracks.find((track) => track.name === name)?.cells ?? [];
}
