/** What control hands over every second: a cell for each track, as rows of numbers. */

/**
 * One second of every track: `ids[i]` has the cell that begins at `rows[i * CELL_COLUMNS.length]`. A track's
 * number is never given to another while the program runs. `tracks` names those that appear for the first time,
 * and again those that the frame before did not have: by then they may be forgotten here.
 */
export interface Frame {
  /** Unix seconds at the end of the second. */
  readonly at: number;
  readonly tracks: readonly NewTrack[];
  readonly ids: Uint32Array;
  readonly rows: Float32Array;
}

export interface NewTrack {
  readonly id: number;
  /** A client's is `tunnel` in every run; a server's ids are of this run only. */
  readonly session: string;
  /** A link's name, or TUNNEL_TRACK. */
  readonly name: string;
}
