/** The last quarter of an hour, second by second: begun with the history, continued by the stream. */
import type { History, SecondCells } from '../contract.ts';

/** What the first view shows. */
export const LIVE_SPAN_SECONDS = 900;

/** What it shows as long as not more is known: else most of the picture would be empty. */
const SHORTER_SPANS_SECONDS = [60, 120, 300];

type Cells = History['tracks'][number]['cells'];

/** Nothing known yet, up to a moment. */
export function emptyPast(to: number): History {
  return { stepSeconds: 1, from: to - LIVE_SPAN_SECONDS, to, tracks: [] };
}

/**
 * The past after one more second. Seconds in between that never came are unknown; one that was known already
 * is replaced; one from before the past is left out.
 */
export function withSecond(past: History, second: SecondCells): History {
  if (second.at <= past.from) return past;
  const to = Math.max(past.to, second.at);
  const tracks = reachingTo(past, to);
  const index = LIVE_SPAN_SECONDS - 1 - (to - second.at);
  for (const [name, cell] of Object.entries(second.cells)) {
    let cells = tracks.get(name);
    if (cells === undefined) {
      cells = new Array<null>(LIVE_SPAN_SECONDS).fill(null);
      tracks.set(name, cells);
    }
    cells[index] = cell;
  }
  return pastOf(to, tracks);
}

/** The history as the past, followed by the seconds that came after it was asked for. */
export function withHistory(past: History, history: History): History {
  let merged = pastOf(history.to, reachingTo(history, history.to));
  for (let at = history.to + 1; at <= past.to; at++) {
    const cells: SecondCells['cells'] = {};
    for (const track of past.tracks) {
      const cell = track.cells[at - past.from - 1];
      if (cell) cells[track.name] = cell;
    }
    merged = withSecond(merged, { at, cells });
  }
  return merged;
}

/** The end of the past: as much as is known, rounded up to a span with a name. */
export function knownPart(past: History): History {
  const begins = past.tracks.map(({ cells }) => cells.findIndex((cell) => cell && cell[0] !== 0));
  const first = Math.min(...begins.filter((index) => index >= 0), LIVE_SPAN_SECONDS - 1);
  const known = LIVE_SPAN_SECONDS - first;
  const span = SHORTER_SPANS_SECONDS.find((seconds) => known <= seconds) ?? LIVE_SPAN_SECONDS;
  return {
    ...past,
    from: past.to - span,
    tracks: past.tracks.map(({ name, cells }) => ({ name, cells: cells.slice(-span) })),
  };
}

/** Copies of all tracks, shifted so that the last cell ends at `to`. */
function reachingTo(past: History, to: number): Map<string, Cells> {
  const tracks = new Map<string, Cells>();
  const newer = to - past.to;
  for (const { name, cells } of past.tracks) {
    const kept = cells.slice(Math.max(0, cells.length + newer - LIVE_SPAN_SECONDS));
    const after = new Array<null>(Math.min(newer, LIVE_SPAN_SECONDS)).fill(null);
    const before = new Array<null>(Math.max(0, LIVE_SPAN_SECONDS - kept.length - after.length)).fill(null);
    tracks.set(name, [...before, ...kept, ...after].slice(-LIVE_SPAN_SECONDS));
  }
  return tracks;
}

/** Tracks of which nothing is known any more are forgotten. */
function pastOf(to: number, tracks: Map<string, Cells>): History {
  return {
    ...emptyPast(to),
    tracks: [...tracks].flatMap(([name, cells]) => (cells.some((cell) => cell) ? [{ name, cells }] : [])),
  };
}
