/** Which link of a session is the worst one, and how bad it is, in words. */
import type { SessionSummary } from '../contract.ts';
import { formatDuration, formatShare } from '../units.ts';
import { serverTexts } from './texts.ts';

export interface WorstLink {
  readonly text: string;
  readonly isBad: boolean;
}

/** Of a link this share lost within a minute is worth a warning, though the tunnel may have lost nothing. */
const BAD_SHARE = 0.05;

/** A link that is silent or gone is worse than one that loses. */
export function worstLinkOf({ paths }: SessionSummary): WorstLink {
  const ill = paths.find(({ state }) => state === 'suspect' || state === 'down');
  if (ill?.state === 'suspect' && ill.lastSeconds !== null) {
    return { text: serverTexts.silentLink(ill.name, formatDuration(ill.lastSeconds)), isBad: true };
  }
  if (ill !== undefined) {
    return { text: serverTexts.illLink(ill.name, serverTexts.pathStates[ill.state]), isBad: true };
  }
  let worst: SessionSummary['paths'][number] | undefined;
  for (const path of paths) if ((path.lossShare ?? 0) > (worst?.lossShare ?? 0)) worst = path;
  if (worst === undefined) return { text: serverTexts.allFine, isBad: false };
  const share = worst.lossShare ?? 0;
  return { text: serverTexts.worstLink(worst.name, formatShare(share)), isBad: share >= BAD_SHARE };
}
