/**
 * Turns the cells of a history into curves: rates of the tunnel, lateness of each link. Knows no words and
 * draws nothing.
 */
import { CELL_COLUMNS, type History, TUNNEL_TRACK } from '../contract.ts';
import { type Cell, type CellSum, cameOf, cellsOf, sumOf } from '../strip/cell.ts';

/** A line over the history's times; null where nothing is known. */
export type Values = (number | null)[];

/** What an hour of all tracks was, for the table. */
export interface Stretch {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** One for each track of the history; null: nothing is known. */
  readonly sums: readonly (CellSum | null)[];
}

/** What is shown of a longer range as long as nothing older is known, so that its cells are short. */
const SPANS_SECONDS = [3600, 7200, 10_800, 21_600, 43_200];

const column = (name: (typeof CELL_COLUMNS)[number]): number => CELL_COLUMNS.indexOf(name);
const BYTES_IN = column('bytesIn');
const BYTES_OUT = column('bytesOut');
const MEDIAN = column('latenessMedianMs');
const P95 = column('latenessP95Ms');

/** The middle of each cell, Unix seconds. */
export function timesOf(history: History): number[] {
  const length = Math.max(0, ...history.tracks.map(({ cells }) => cells.length));
  return Array.from({ length }, (_, i) => history.from + (i + 0.5) * history.stepSeconds);
}

/** Bits per second that WireGuard got; not of the newest cell, because that one is still being filled. */
export function ratesIn(history: History): Values {
  return ratesOf(history, BYTES_IN);
}

/** Bits per second that WireGuard gave; as `ratesIn`. */
export function ratesOut(history: History): Values {
  return ratesOf(history, BYTES_OUT);
}

/** The median of a link's lateness in milliseconds, where copies came on it. */
export function mediansOf(history: History, link: string): Values {
  return latenessOf(history, link, MEDIAN);
}

/** The lateness that 95 % of a link's copies kept below, in milliseconds. */
export function p95sOf(history: History, link: string): Values {
  return latenessOf(history, link, P95);
}

/** The history in at most `count` stretches, newest first; those of which nothing is known are left out. */
export function stretchesOf(history: History, count: number): Stretch[] {
  const length = timesOf(history).length;
  const cellsEach = Math.max(1, Math.ceil(length / count));
  const stretches: Stretch[] = [];
  for (let end = length; end > 0; end -= cellsEach) {
    const begin = Math.max(0, end - cellsEach);
    const sums = history.tracks.map(({ cells }) => {
      const sum = sumOf(cells, begin, end);
      return sum.known === 0 ? null : sum;
    });
    if (sums.every((sum) => sum === null)) continue;
    stretches.push({
      from: history.from + begin * history.stepSeconds,
      to: history.from + end * history.stepSeconds,
      sums,
    });
  }
  return stretches;
}

/** Unix seconds at the beginning of the oldest cell that something is known of; undefined: nothing is. */
export function knownSince({ from, stepSeconds, tracks }: History): number | undefined {
  const firsts = tracks.map(({ cells }) => cells.findIndex(isKnown)).filter((index) => index >= 0);
  return firsts.length === 0 ? undefined : from + Math.min(...firsts) * stepSeconds;
}

/** The shortest span that shows all of the last `knownSeconds`, but not more than `range`, which may be unknown. */
export function shownSpan(range: number, knownSeconds: number | undefined): number {
  if (knownSeconds === undefined) return range;
  return Math.min(range, SPANS_SECONDS.find((span) => knownSeconds <= span) ?? range);
}

function ratesOf(history: History, bytes: number): Values {
  const cells = cellsOf(history, TUNNEL_TRACK);
  return cells.map((cell, index) =>
    index < cells.length - 1 && isKnown(cell) ? ((cell[bytes] ?? 0) * 8) / history.stepSeconds : null,
  );
}

function latenessOf(history: History, link: string, lateness: number): Values {
  return cellsOf(history, link).map((cell) =>
    isKnown(cell) && cameOf(sumOf([cell]), false) > 0 ? (cell[lateness] ?? null) : null,
  );
}

function isKnown(cell: Cell): cell is NonNullable<Cell> {
  return cell !== null && sumOf([cell]).known > 0;
}
