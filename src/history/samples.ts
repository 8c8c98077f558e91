/**
 * The cells of the last hour second by second, and of the last day in tens of seconds. Each second goes into
 * both at once, so that the coarse tier is complete up to now, whatever happens to the fine one.
 */
import { CELL_WIDTH, cleanRows, mergeCell } from './cells.ts';
import type { Frame } from './frame.ts';
import { type KeptFrame, Tier } from './tier.ts';
import { Tracks } from './tracks.ts';

const COARSE_STEP_SECONDS = 10;
/** A minute more than is asked for, so that asking for an hour is answered even when the clock is ahead of us. */
const FINE_KEEP_SECONDS = 3600 + 60;
const COARSE_KEEP_SECONDS = 86_400 + 60;

export class Samples {
  readonly tracks = new Tracks();
  readonly fine = new Tier(1, FINE_KEEP_SECONDS, this.tracks);
  readonly coarse = new Tier(COARSE_STEP_SECONDS, COARSE_KEEP_SECONDS, this.tracks);
  readonly #maxBytes: number;
  #newest: KeptFrame | undefined;
  #previousAt: number | undefined;

  /** When `maxBytes` run out, the oldest frames of the larger tier go first: the past gets shorter for all. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frame that came last in this run, whatever its time. */
  get newest(): KeptFrame | undefined {
    return this.#newest;
  }

  get bytes(): number {
    return this.fine.bytes + this.coarse.bytes + this.tracks.bytes;
  }

  /**
   * Keeps a second. A clock that was put back brings seconds that we have: the new ones replace them. Two
   * frames in a row with the same time are a timer's jitter and add up. Returns the frame with our numbers.
   */
  add(frame: Frame): KeptFrame {
    this.tracks.learn(frame.tracks);
    const kept = { at: frame.at, ids: this.tracks.ownIds(frame.ids), rows: cleanRows(frame.rows) };
    const previousAt = this.#previousAt;
    this.#previousAt = kept.at;

    const repeated = previousAt === kept.at ? this.fine.get(kept.at) : undefined;
    this.#newest = repeated === undefined ? kept : this.#merged(repeated, kept, kept.at);
    this.fine.put(this.#newest);

    const end = coarseEnd(kept.at);
    const bucket = this.coarse.get(end);
    const isGoingOn = previousAt !== undefined && coarseEnd(previousAt) === end && previousAt <= kept.at;
    this.coarse.put(
      bucket !== undefined && isGoingOn
        ? this.#merged(bucket, kept, end)
        : { at: end, ids: kept.ids, rows: kept.rows.slice() },
    );
    this.fine.forgetOld(kept.at);
    this.coarse.forgetOld(kept.at);
    this.#fit(kept.at);
    return kept;
  }

  /** Brings back the frames of an earlier run; their tracks are there already. */
  restore(fine: readonly KeptFrame[], coarse: readonly KeptFrame[]): void {
    for (const frame of fine) this.fine.put({ ...frame, ids: this.tracks.shared(frame.ids) });
    for (const frame of coarse) this.coarse.put({ ...frame, ids: this.tracks.shared(frame.ids) });
    this.#previousAt = this.fine.frames.at(-1)?.at ?? this.coarse.frames.at(-1)?.at;
    this.#fit(this.#previousAt ?? 0);
  }

  #fit(nowSeconds: number): void {
    while (this.bytes > this.#maxBytes && this.fine.frames.length + this.coarse.frames.length > 0) {
      const larger = this.fine.bytes >= this.coarse.bytes ? this.fine : this.coarse;
      larger.forgetOne(nowSeconds);
    }
  }

  #merged(older: KeptFrame, newer: KeptFrame, at: number): KeptFrame {
    const ids = this.tracks.shared(union(older.ids, newer.ids));
    const rows = new Float32Array(ids.length * CELL_WIDTH);
    rows.set(older.rows);
    const places = older.ids === newer.ids ? undefined : new Map(Array.from(ids, (id, place) => [id, place]));
    newer.ids.forEach((id, i) => {
      mergeCell(rows, (places?.get(id) ?? i) * CELL_WIDTH, newer.rows, i * CELL_WIDTH);
    });
    return { at, ids, rows };
  }
}

function coarseEnd(at: number): number {
  return Math.ceil(at / COARSE_STEP_SECONDS) * COARSE_STEP_SECONDS;
}

/** The first list, then those of the second that it lacks. */
function union(first: Uint32Array, second: Uint32Array): Uint32Array {
  if (first === second) return first;
  const known = new Set(first);
  return Uint32Array.from([...first, ...second.filter((id) => !known.has(id))]);
}
