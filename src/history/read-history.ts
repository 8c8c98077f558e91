/** Answers a question about a session's past: which tier, which step, and every cell at its place. */
import type { History, HistoryQuery } from '../contract/index.ts';
import { CELL_WIDTH, mergeCell } from './cells.ts';
import type { Samples } from './samples.ts';
import type { KeptFrame, Tier } from './tier.ts';

/** Questions that reach no further back are answered by the second. */
const FINE_SECONDS = 3600;

/** Cells of a track while they are put together. */
interface Strip {
  readonly rows: Float64Array;
  readonly isKnown: Uint8Array;
}

/**
 * Cells begin at multiples of the step, so that they stay the same when asked again; the last one may not be
 * over yet. When bytes ran out and the seconds do not reach back as far as asked, tens of seconds are given.
 */
export function readHistory(
  samples: Samples,
  session: string,
  query: HistoryQuery,
  nowSeconds: number,
): History {
  const now = Math.floor(nowSeconds);
  const tier = tierFor(samples, query.seconds, now);
  const wanted = Math.ceil(query.seconds / Math.min(query.seconds, query.points ?? query.seconds));
  const stepSeconds = Math.ceil(wanted / tier.stepSeconds) * tier.stepSeconds;
  const count = Math.ceil(query.seconds / stepSeconds);
  const to = Math.ceil(now / stepSeconds) * stepSeconds;
  const from = to - count * stepSeconds;

  const strips = new Map<number, Strip>();
  const tracks = samples.tracks.ofSession(session);
  let places: readonly (readonly [number, number])[] = [];
  let placesOf: Uint32Array | undefined;
  for (const frame of framesBetween(tier, from, to)) {
    if (frame.ids !== placesOf) {
      placesOf = frame.ids;
      places = tracks.map(({ id }) => [id, frame.ids.indexOf(id)] as const).filter(([, place]) => place >= 0);
    }
    const index = Math.floor((frame.at - tier.stepSeconds - from) / stepSeconds);
    for (const [id, place] of places) {
      const strip = strips.get(id) ?? emptyStrip(count);
      strips.set(id, strip);
      strip.isKnown[index] = 1;
      mergeCell(strip.rows, index * CELL_WIDTH, frame.rows, place * CELL_WIDTH);
    }
  }
  return {
    stepSeconds,
    from,
    to,
    tracks: tracks.flatMap(({ id, name }) => {
      const strip = strips.get(id);
      return strip === undefined ? [] : [{ name, cells: toCells(strip) }];
    }),
  };
}

/** The cell at a place of a frame, as the contract has it. */
export function cellAt(rows: Float32Array | Float64Array, index: number): number[] {
  return Array.from(rows.subarray(index * CELL_WIDTH, (index + 1) * CELL_WIDTH));
}

function tierFor({ fine, coarse }: Samples, seconds: number, now: number): Tier {
  if (seconds > FINE_SECONDS) return coarse;
  const fineFrom = (fine.frames[0]?.at ?? Number.POSITIVE_INFINITY) - fine.stepSeconds;
  const oldestWanted = coarse.frames[coarse.indexFrom(now - seconds + 1)];
  return oldestWanted !== undefined && oldestWanted.at <= fineFrom ? coarse : fine;
}

function framesBetween(tier: Tier, from: number, to: number): readonly KeptFrame[] {
  return tier.frames.slice(tier.indexFrom(from + tier.stepSeconds), tier.indexFrom(to + 1));
}

function emptyStrip(count: number): Strip {
  return { rows: new Float64Array(count * CELL_WIDTH), isKnown: new Uint8Array(count) };
}

function toCells({ rows, isKnown }: Strip): (number[] | null)[] {
  return Array.from(isKnown, (known, i) => (known === 1 ? cellAt(rows, i) : null));
}
