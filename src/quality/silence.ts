/**
 * Whether a link has fallen silent while other links of its session deliver. Judged live from the counters,
 * several times a second, long before the packets concerned are settled; a tunnel without traffic proves nothing.
 */
import { type Counters, P, S } from '../net/index.ts';

/** Packets that others must have brought meanwhile. */
const LEAST_MISSED = 5;
/** A link is given this long, and its usual lateness, before it counts as silent. */
const GRACE_MS = 300;
const LATENESS_GRACE = 1.2;
/** A link that has just been opened: the other side first has to hear of it. */
const FRESH_GRACE_MS = 1_500;
/** One that sends, and has never heard anything, as nothing has come on any link. */
const UNHEARD_PACKETS = 10;
const UNHEARD_MS = 5_000;

export class Silence {
  /** When the link was last heard (or opened), if it is silent now; 0: it is not. */
  sinceMs = 0;
  /** It sends, and nothing has ever come back. */
  isUnheard = false;
  #heardPackets = 0;
  #heardMs: number;
  /** The session's packets when the link was last heard. */
  #sessionPackets: number;

  /** @param nowMs when the link was opened */
  constructor(counters: Counters, session: number, nowMs: number) {
    this.#heardMs = nowMs;
    this.#sessionPackets = counters.session(session, 'packets');
  }

  /** @param usualLatenessMs tells the link's p95; asked only when the link is waited for */
  look(
    counters: Counters,
    path: number,
    session: number,
    usualLatenessMs: () => number,
    nowMs: number,
  ): void {
    const { values } = counters;
    const block = counters.pathBlock(path);
    const heardPackets = values[block + P.inPackets]!;
    const sessionPackets = values[counters.sessionBlock(session) + S.packets]!;
    if (heardPackets !== this.#heardPackets) {
      this.#heardPackets = heardPackets;
      this.#heardMs = values[block + P.lastInMs]!;
      this.#sessionPackets = sessionPackets;
      this.sinceMs = 0;
      this.isUnheard = false;
      return;
    }
    const waitedMs = nowMs - this.#heardMs;
    const missed = sessionPackets - this.#sessionPackets;
    if (this.sinceMs === 0 && missed >= LEAST_MISSED && waitedMs > GRACE_MS) {
      const graceMs = heardPackets === 0 ? FRESH_GRACE_MS : GRACE_MS + usualLatenessMs() * LATENESS_GRACE;
      if (waitedMs > graceMs) this.sinceMs = this.#heardMs;
    }
    this.isUnheard =
      heardPackets === 0 && waitedMs > UNHEARD_MS && values[block + P.outPackets]! >= UNHEARD_PACKETS;
  }
}
