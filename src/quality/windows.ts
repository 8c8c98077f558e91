/**
 * Counts over the last second, 10 s, minute and quarter of an hour, and since the start: a few rows kept at
 * growing distances and subtracted from the present one.
 */
import type { WindowName } from '../contract/index.ts';
import { Ring } from './ring.ts';

const LENGTHS_MS = { '10s': 10_000, '1m': 60_000, '15m': 900_000 } as const;
/** Rows per window: a window's true length varies by one row, a fifth of 10 s, less of the others. */
const ROWS = { '10s': 5, '1m': 6, '15m': 10 } as const;
/** Rates over less than this would be noise: a timer that fires late, and the next one in time. */
const SHORTEST_SECOND_MS = 500;

export class Windows {
  readonly #rings: readonly [WindowName, Ring][];
  /** At the last sample, and what was counted between the last two. */
  readonly #previous: Float64Array;
  readonly #second: Float64Array;
  #sampledMs: number;
  #secondMs = 0;

  /** @param width counts in a row @param nowMs when counting began: nothing was counted before */
  constructor(width: number, nowMs: number) {
    this.#previous = new Float64Array(width);
    this.#second = new Float64Array(width);
    this.#sampledMs = nowMs;
    this.#rings = (['10s', '1m', '15m'] as const).map((name) => [
      name,
      new Ring(LENGTHS_MS[name], ROWS[name], width),
    ]);
    for (const [, ring] of this.#rings) ring.add(this.#previous, nowMs);
  }

  /** Call it every second: takes `present` as the state of now and keeps it where a row is due. */
  sample(present: Float64Array, nowMs: number): void {
    for (const [, ring] of this.#rings) if (ring.isDue(nowMs)) ring.add(present, nowMs);
    if (nowMs - this.#sampledMs < SHORTEST_SECOND_MS) return;
    for (let i = 0; i < present.length; i++) this.#second[i] = present[i]! - this.#previous[i]!;
    this.#previous.set(present);
    this.#secondMs = nowMs - this.#sampledMs;
    this.#sampledMs = nowMs;
  }

  /** What was counted between the last two samples. Valid until the next one. */
  get second(): Float64Array {
    return this.#second;
  }

  /** How long that was; 0 before the first sample. */
  get secondMs(): number {
    return this.#secondMs;
  }

  /** The state of the last sample. Valid until the next one. */
  get sampled(): Float64Array {
    return this.#previous;
  }

  /** What `present` has more than the beginning of the window, in its place. */
  since(window: WindowName, present: Float64Array): Float64Array {
    const ring = this.#rings.find(([name]) => name === window)?.[1];
    if (ring === undefined) return present;
    const oldest = ring.oldest();
    for (let i = 0; i < present.length; i++) present[i]! -= oldest[i]!;
    return present;
  }
}
