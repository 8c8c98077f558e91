/** What happened in an outage, in a sentence; names of links come from the caller. */
import type { Outage } from '../contract.ts';
import { formatCount } from '../units.ts';
import { formatEnd, formatLength, formatMoment } from './moments.ts';
import { pastTexts } from './texts.ts';

/** LTE was silent for 3 min 12 s; the tunnel lost nothing. */
export function outageSentence(outage: Outage, name: string): string {
  const length = formatLength(outage.seconds);
  const lost = outage.lostByTunnel === 0 ? '' : packets(outage.lostByTunnel);
  if (outage.path === undefined) {
    return pastTexts.tunnelOutage(outage, name, length, packets(outage.lostByTunnel));
  }
  return pastTexts.outage(outage, name, length, lost);
}

/** Sun, 22 Nov, 14:03:27 to 14:06:39 */
export function outageTimes({ from, to }: Outage): string {
  return pastTexts.times(formatMoment(from), to === null ? undefined : formatEnd(from, to));
}

/** 7,680 packets did not come on it; empty for the tunnel, whose sentence says so. */
export function outageLoss({ path, lost }: Outage): string {
  return path === undefined ? '' : pastTexts.lostOnLink(packets(lost));
}

function packets(count: number): string {
  return pastTexts.packets(formatCount(count), count === 1);
}
