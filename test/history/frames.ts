/** Frames for tests of the past, written down by the names of tracks and columns. */
import { CELL_COLUMNS, CELL_STATES, type CellColumn, type CellState } from '../../src/contract/index.ts';
import type { Frame, NewTrack } from '../../src/history/index.ts';

/** A cell by its columns; what is left out is zero. */
export type Figures = { readonly state?: CellState } & {
  readonly [column in Exclude<CellColumn, 'state'>]?: number;
};

export function row({ state = 'none', ...figures }: Figures): number[] {
  const values: Partial<Record<CellColumn, number>> = { ...figures, state: CELL_STATES.indexOf(state) };
  return CELL_COLUMNS.map((column) => values[column] ?? 0);
}

/** Numbers tracks as control does: from 0, each named in the first frame that has it. */
export class FrameMaker {
  readonly #ids = new Map<string, number>();

  /** A second of one session, by the names of its tracks; the tunnel's is empty. */
  frame(at: number, cells: Readonly<Record<string, Figures>>, session = 'tunnel'): Frame {
    return this.frameOf(at, { [session]: cells });
  }

  /** A second of several sessions. */
  frameOf(at: number, sessions: Readonly<Record<string, Readonly<Record<string, Figures>>>>): Frame {
    const tracks: NewTrack[] = [];
    const ids: number[] = [];
    const rows: number[] = [];
    for (const [session, cells] of Object.entries(sessions))
      for (const [name, figures] of Object.entries(cells)) {
        const key = `${session} ${name}`;
        const id = this.#ids.get(key) ?? this.#ids.size;
        if (!this.#ids.has(key)) tracks.push({ id, session, name });
        this.#ids.set(key, id);
        ids.push(id);
        rows.push(...row(figures));
      }
    return { at, tracks, ids: Uint32Array.from(ids), rows: Float32Array.from(rows) };
  }
}
