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

/** Rows per window: a window's true length varies by one row, a fifth of 10 s and a tenth of the others. */
const ROWS: Record<keyof typeof WINDOWS, number> = { '10s': 5, '1m': 10, '15m': 10 };

interface Row {
  readonly atMs: number;
  readonly tally: Tally;
}

export class PathWindows {
  readonly #counters: Counters;
  readonly #rows = new Map<keyof typeof WINDOWS, Row[]>();
  /** Counts of earlier incarnations. */
  readonly #before = emptyTally();
  #path = -1;
  #session = -1;

  /** @param nowMs when the path first appeared: nothing was counted before */
  constructor(counters: Counters, nowMs: number) {
    this.#counters = counters;
    const first = { atMs: nowMs, tally: emptyTally() };
    for (const name of Object.keys(WINDOWS) as (keyof typeof WINDOWS)[]) this.#rows.set(name, [first]);
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
    let tally: Tally | undefined;
    for (const [name, rows] of this.#rows) {
      const stepMs = WINDOWS[name] / ROWS[name];
      const last = rows.at(-1);
      if (last !== undefined && nowMs - last.atMs < stepMs) continue;
      tally ??= this.#present();
      rows.push({ atMs: nowMs, tally });
      if (rows.length > ROWS[name] + 1) rows.shift();
    }
  }

  figures(window: WindowName): PathFigures {
    const present = this.#present();
    const oldest = window === 'start' ? undefined : this.#rows.get(window)?.[0];
    return figuresOf(oldest === undefined ? present : since(oldest.tally, present));
  }

  #present(): Tally {
    const tally = this.#before.slice();
    if (this.#path >= 0) addCounts(tally, this.#counters, this.#path, this.#session);
    return tally;
  }
}
