/**
 * What the tunnel would have lost with fewer links: each packet's arrival pattern says which links brought
 * it, so every choice of links can be judged after the fact. Only what was received can be judged: a link
 * that carried nothing proves nothing.
 */
import { type Counters, PATTERN_PATHS, PATTERNS } from '../net/index.ts';

export interface WhatIf {
  /** Slots of the links that would have been there. */
  readonly slots: readonly number[];
  /** Packets that none of them delivered. */
  readonly lost: number;
  readonly lossShare: number;
}

/**
 * One row per choice of at least one of `slots` (slots above 7 are not recorded), fewest links first. Judged are
 * packets that at least one of `slots` brought, and those that nobody did: what came by a link that is not asked for,
 * such as an address that a client no longer has, tells nothing about the others. Empty while nothing is settled.
 */
export function whatIf(counters: Counters, session: number, slots: readonly number[]): WhatIf[] {
  const known = slots.filter((slot) => slot < PATTERN_PATHS);
  const all = known.reduce((bits, slot) => bits | (1 << slot), 0);
  const at = counters.patternBlock(session);
  const patterns = counters.values
    .slice(at, at + PATTERNS)
    .map((count, pattern) => ((pattern & all) === 0 ? 0 : count));
  const sessionLost = counters.session(session, 'lost');
  const total = patterns.reduce((sum, count) => sum + count, 0) + sessionLost;
  if (total === 0) return [];
  const rows: WhatIf[] = [];
  for (let choice = 1; choice < 1 << known.length; choice++) {
    const chosen = known.filter((_, i) => (choice & (1 << i)) !== 0);
    const mask = chosen.reduce((bits, slot) => bits | (1 << slot), 0);
    const missed = patterns.reduce((sum, count, pattern) => ((pattern & mask) === 0 ? sum + count : sum), 0);
    const lost = missed + sessionLost;
    rows.push({ slots: chosen, lost, lossShare: lost / total });
  }
  return rows.sort((a, b) => a.slots.length - b.slots.length || a.lost - b.lost);
}
