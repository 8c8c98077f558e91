/**
 * One path's counts over the last 10 s, minute and quarter of an hour, and since the start: a few rows kept
 * at growing distances and subtracted from the present one. A path that comes and goes under one name keeps
 * its counts.
 */
import type { Counters } from '../net/index.ts';
import { figuresOf, type PathFigures } from './figures.ts';
import { addCounts, emptyTally, since, type Tally } from './tally.ts';

export const WINDOWS = { '10s': 10_000, '1m': 60_000, '15m': 900_000 } as const;
export type WindowName = keyof typeof WINDOWS | 'start';

/** Rows per window: a window's true length varies by one row, a fifth of 10 s, less of the others. */
const ROWS: Record<keyof typeof WINDOWS, number> = { '10s': 5, '1m': 6, '15m': 10 };

const scratch = emptyTally();

/** Rows of one window: written in turn, one more than its steps, so that the oldest is a whole window old. */
class Ring {
  readonly #stepMs: number;
  readonly #rows: Float64Array;
  readonly #atMs: Float64Array;
  #next = 0;
  #count = 0;

  constructor(lengthMs: number, steps: number) {
    this.#stepMs = lengthMs / steps;
    this.#rows = new Float64Array((steps + 1) * scratch.length);
    this.#atMs = new Float64Array(steps + 1);
  }

  isDue(nowMs: number): boolean {
    const size = this.#atMs.length;
    return this.#count === 0 || nowMs - this.#atMs[(this.#next + size - 1) % size]! >= this.#stepMs;
  }

  add(tally: Tally, nowMs: number): void {
    this.#rows.set(tally, this.#next * tally.length);
    this.#atMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#atMs.length;
    this.#count = Math.min(this.#count + 1, this.#atMs.length);
  }

  /** The oldest row; all zero while there is none. */
  oldest(): Tally {
    const row = this.#count < this.#atMs.length ? 0 : this.#next;
    return this.#rows.subarray(row * scratch.length, (row + 1) * scratch.length);
  }
}

export class PathWindows {
  readonly #counters: Counters;
  readonly #rings: Record<keyof typeof WINDOWS, Ring>;
  /** Counts of earlier incarnations. */
  readonly #before = emptyTally();
  #path = -1;
  #session = -1;

  /** @param nowMs when the path first appeared: nothing was counted before */
  constructor(counters: Counters, nowMs: number) {
    this.#counters = counters;
    const ring = (name: keyof typeof WINDOWS) => new Ring(WINDOWS[name], ROWS[name]);
    this.#rings = { '10s': ring('10s'), '1m': ring('1m'), '15m': ring('15m') };
    for (const empty of Object.values(this.#rings)) empty.add(this.#before, nowMs);
  }

  /** The path has a place in the counters (again). */
  open(path: number, session: number): void {
    this.close();
    this.#path = path;
    this.#session = session;
  }

  /** The path is gone; what it counted stays. */
  close(): void {
    if (this.#path >= 0) addCounts(this.#before, this.#counters, this.#path, this.#session);
    this.#path = -1;
  }

  /** Call it at least every second: keeps a row where one is due. */
  sample(nowMs: number): void {
    const due = Object.values(this.#rings).filter((ring) => ring.isDue(nowMs));
    if (due.length === 0) return;
    const present = this.#present();
    for (const ring of due) ring.add(present, nowMs);
  }

  figures(window: WindowName): PathFigures {
    const present = this.#present();
    return figuresOf(window === 'start' ? present : since(this.#rings[window].oldest(), present));
  }

  /** Valid until the next call. */
  #present(): Tally {
    scratch.set(this.#before);
    if (this.#path >= 0) addCounts(scratch, this.#counters, this.#path, this.#session);
    return scratch;
  }
}
