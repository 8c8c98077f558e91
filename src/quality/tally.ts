/**
 * A path's counts at one moment, as a row of numbers: what windows subtract and figures are made of.
 * Read from the counters in shared memory; nothing here runs in the packet loop.
 */
import { type Counters, LATENESS_BUCKETS, P, type PathColumn, S } from '../net/index.ts';

/** Columns that only grow, so that two rows can be subtracted. */
const COLUMNS = [
  'inPackets',
  'inBytes',
  'outPackets',
  'outBytes',
  'first',
  'late',
  'differing',
  'delivered',
  'lost',
  'rescued',
] as const satisfies readonly PathColumn[];

const OFFSETS = COLUMNS.map((column) => P[column]);

export type TallyColumn = (typeof COLUMNS)[number];

/** After the columns: the session's loss while the path was there, then the lateness histogram. */
const SESSION_LOST = COLUMNS.length;
const LATENESS = SESSION_LOST + 1;
export const TALLY_LENGTH = LATENESS + LATENESS_BUCKETS;

export type Tally = Float64Array;

export function emptyTally(): Tally {
  return new Float64Array(TALLY_LENGTH);
}

/** Adds what `path` of `session` has counted to `tally`. */
export function addCounts(tally: Tally, counters: Counters, path: number, session: number): void {
  const { values } = counters;
  const block = counters.pathBlock(path);
  for (let i = 0; i < OFFSETS.length; i++) tally[i]! += values[block + OFFSETS[i]!]!;
  const sessionLost = values[counters.sessionBlock(session) + S.lost]! - values[block + P.sessionLostAtJoin]!;
  tally[SESSION_LOST]! += Math.max(0, sessionLost);
  const lateness = counters.latenessBlock(path);
  for (let i = 0; i < LATENESS_BUCKETS; i++) tally[LATENESS + i]! += values[lateness + i]!;
}

export function countOf(tally: Tally, column: TallyColumn): number {
  return tally[COLUMNS.indexOf(column)]!;
}

/** Packets that never came on this path, whether or not another delivered them. */
export function lostOf(tally: Tally): number {
  return Math.max(0, countOf(tally, 'lost') + tally[SESSION_LOST]!); // one given up for lost may still come
}

/** Copies per lateness bucket. */
export function latenessOf(tally: Tally): Float64Array {
  return tally.subarray(LATENESS);
}
