/**
 * What the links and the tunnel did lately, sampled twice a second: for a view that shows now and the past minute,
 * where counters only tell the sum since the start.
 */

import type { LaneCounters } from './lane.ts';
import type { TunnelLink } from './tunnel.ts';

/** How often to call `sample()`. */
export const SAMPLE_MS = 500;
const KEPT_CELLS = 120;
/** The figures of now are of the last so many samples. */
const RECENT_CELLS = 6;

/** One link's half second. */
export interface Cell {
  /** It was cut at the end or lost something to a cut. */
  readonly isCut: boolean;
  readonly entered: number;
  /** Lost by itself, cuts apart. */
  readonly lost: number;
  readonly delivered: number;
  readonly delaySumMs: number;
}

/** The past of one link. */
export class LinkHistory {
  readonly #subject: TunnelLink;
  #cells: Cell[] = [];
  #before = { entered: 0, lost: 0, cutOff: 0, delivered: 0, delaySumMs: 0 };

  constructor(subject: TunnelLink) {
    this.#subject = subject;
  }

  /** The oldest first; at most a minute. */
  get cells(): readonly Cell[] {
    return this.#cells;
  }

  sample(): void {
    const { link } = this.#subject;
    const now = sumOf(link.forth, link.back);
    const before = this.#before;
    this.#cells.push({
      isCut: link.isCut || now.cutOff > before.cutOff,
      entered: now.entered - before.entered,
      lost: now.lost - before.lost,
      delivered: now.delivered - before.delivered,
      delaySumMs: now.delaySumMs - before.delaySumMs,
    });
    if (this.#cells.length > KEPT_CELLS) this.#cells.shift();
    this.#before = now;
  }

  /** Share lost by the link itself in the last 3 s, and its mean delay; null where nothing passed. */
  recent(): { lossShare: number | null; delayMs: number | null } {
    const cells = this.#cells.slice(-RECENT_CELLS).filter((cell) => !cell.isCut);
    const entered = sum(cells, 'entered');
    const delivered = sum(cells, 'delivered');
    return {
      lossShare: entered === 0 ? null : sum(cells, 'lost') / entered,
      delayMs: delivered === 0 ? null : sum(cells, 'delaySumMs') / delivered,
    };
  }
}

/** Both directions of a link in one; a full queue counts as loss. */
export function sumOf(forth: Readonly<LaneCounters>, back: Readonly<LaneCounters>) {
  return {
    entered: forth.entered + back.entered,
    delivered: forth.delivered + back.delivered,
    lost: forth.lost + back.lost + forth.queueFull + back.queueFull,
    cutOff: forth.cutOff + back.cutOff,
    delaySumMs: forth.delaySumMs + back.delaySumMs,
  };
}

function sum(cells: readonly Cell[], key: 'entered' | 'lost' | 'delivered' | 'delaySumMs'): number {
  return cells.reduce((total, cell) => total + cell[key], 0);
}
