/**
 * One link's figures, from its counters: over the last second and every window. A link that comes and goes
 * under one name keeps its counts.
 */
import type { PathFigures, Rates, WindowName } from '../contract/index.ts';
import type { Counters } from '../net/index.ts';
import { figuresOf, latenessMsOf, lossShareOf } from './figures.ts';
import { addCounts, countOf, emptyTally, latenessOf, lostOf, TALLY_LENGTH, type Tally } from './tally.ts';
import { Windows } from './windows.ts';

/** What happened to a link's copies between the last two samples. */
export interface PathSecond {
  readonly first: number;
  readonly late: number;
  readonly lost: number;
  readonly rescued: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
  readonly latenessMs: PathFigures['latenessMs'];
}

const scratch = emptyTally();

export class PathGauge {
  readonly #counters: Counters;
  readonly #windows: Windows;
  /** Counts of earlier incarnations. */
  readonly #before = emptyTally();
  #path = -1;
  #session = -1;

  /** @param nowMs when the path first appeared */
  constructor(counters: Counters, nowMs: number) {
    this.#counters = counters;
    this.#windows = new Windows(TALLY_LENGTH, nowMs);
  }

  /** The path has a place in the counters (again). */
  open(path: number, session: number): void {
    this.close();
    this.#path = path;
    this.#session = session;
  }

  /** The path is gone; what it counted stays. Call it before its place is given to another. */
  close(): void {
    if (this.#path >= 0) addCounts(this.#before, this.#counters, this.#path, this.#session);
    this.#path = -1;
  }

  /** Call it every second. */
  sample(nowMs: number): void {
    this.#windows.sample(this.#present(), nowMs);
  }

  figures(window: WindowName): PathFigures {
    return figuresOf(this.#windows.since(window, this.#present()));
  }

  /** As in `figures()`, at a fraction of the cost: for lists. */
  lossShare(window: WindowName): number | null {
    return lossShareOf(this.#windows.since(window, this.#present()));
  }

  second(): PathSecond {
    const tally = this.#windows.second;
    return {
      first: countOf(tally, 'first'),
      late: countOf(tally, 'late'),
      lost: lostOf(tally),
      rescued: countOf(tally, 'rescued'),
      bytesIn: countOf(tally, 'inBytes'),
      bytesOut: countOf(tally, 'outBytes'),
      packetsOut: countOf(tally, 'outPackets'),
      latenessMs: latenessMsOf(latenessOf(tally)),
    };
  }

  /** All counts as of the last sample: they stay when the counters are another's. Valid until the next one. */
  get sampled(): Tally {
    return this.#windows.sampled;
  }

  rates(): Rates {
    const tally = this.#windows.second;
    const perSecond = 1000 / (this.#windows.secondMs || 1000);
    return {
      inBitsPerSecond: Math.round(countOf(tally, 'inBytes') * 8 * perSecond),
      outBitsPerSecond: Math.round(countOf(tally, 'outBytes') * 8 * perSecond),
      inPacketsPerSecond: Math.round(countOf(tally, 'inPackets') * perSecond),
      outPacketsPerSecond: Math.round(countOf(tally, 'outPackets') * perSecond),
    };
  }

  /** Valid until the next call, of any gauge. */
  #present(): Float64Array {
    scratch.set(this.#before);
    if (this.#path >= 0) addCounts(scratch, this.#counters, this.#path, this.#session);
    return scratch;
  }
}
