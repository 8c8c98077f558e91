/**
 * What one second says about an outage, with every threshold. Two things make noise if taken at face value: a
 * lone packet that a slow link brings in the next second, and a loss, which is counted a second after it
 * happened, when its fate is settled.
 */
import type { Outage } from '../contract/index.ts';
import { figure, type Rows, stateOf } from './cells.ts';

/** A link lost at least this share of the packets whose fate was settled in a second: that second is bad. */
export const LOSSY_SHARE = 0.25;

/** Once it lost less than this, it delivers again; between the two shares nothing changes. */
export const RECOVERED_SHARE = 0.1;

/** So many packets by other links, and a packet already settled as lost: a single silent second is enough. */
export const CERTAIN_SILENCE_PACKETS = 3;

/** Without that, so many silent seconds in a row; those in which no link got anything neither count nor interrupt. */
export const SILENT_SECONDS = 2;

/** Lossy seconds in a row, and packets lost in them, that make an outage. */
export const LOSSY_SECONDS = 2;
export const LOSSY_PACKETS = 3;

/** A suspicion that nothing confirms or clears is dropped after so long: more than two keepalives. */
export const SUSPICION_SECONDS = 60;

/** An outage that begins again sooner than this after its end is the same one. */
export const JOIN_SECONDS = 5;

/** Longer without any frame than this: the machine slept, and what was open ended with the last known second. */
export const GAP_SECONDS = 60;

export type Cause = Outage['cause'];

/** `over`: ended by choice, so that a later one is not joined to it. `unclear`: neither begins nor ends one. */
export type Verdict =
  | { readonly is: 'good' | 'unclear' | 'over'; readonly cause?: undefined }
  | { readonly is: 'suspect' | 'certain'; readonly cause: Cause };

const GOOD: Verdict = { is: 'good' };
const UNCLEAR: Verdict = { is: 'unclear' };

/** Of a link, whose session's tunnel got `tunnelPackets` in the same second. */
export function judgeLink(rows: Rows, offset: number, tunnelPackets: number): Verdict {
  const lost = figure(rows, offset, 'lost');
  switch (stateOf(rows, offset)) {
    case 'first':
    case 'late':
      return GOOD;
    case 'excluded':
      return { is: 'over' };
    case 'down':
      return { is: 'certain', cause: 'down' };
    case 'silent': {
      // Nothing came on any link: it was silent before, or the loss is that of the second before.
      if (tunnelPackets === 0) return UNCLEAR;
      const isCertain = tunnelPackets >= CERTAIN_SILENCE_PACKETS && lost > 0;
      return { is: isCertain ? 'certain' : 'suspect', cause: 'silent' };
    }
    case 'lossy': {
      const came = figure(rows, offset, 'first') + figure(rows, offset, 'late');
      if (came === 0 && tunnelPackets === 0) return UNCLEAR;
      const share = lost / Math.max(1, came + lost);
      if (share >= LOSSY_SHARE) return { is: 'suspect', cause: 'lossy' };
      return share < RECOVERED_SHARE ? GOOD : UNCLEAR;
    }
    default:
      return UNCLEAR;
  }
}

/** Of a session's tunnel: every lost packet counts, and every other second ends it. */
export function judgeTunnel(rows: Rows, offset: number): Verdict {
  const state = stateOf(rows, offset);
  if (state === 'lossy') return figure(rows, offset, 'lost') > 0 ? { is: 'certain', cause: 'lossy' } : GOOD;
  return state === 'down' || state === 'silent' ? { is: 'certain', cause: state } : GOOD;
}

/** The one that tells more: a link without a socket was silent before, and a silent one lossy. */
export function graver(a: Cause, b: Cause): Cause {
  const order: readonly Cause[] = ['lossy', 'silent', 'down'];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
