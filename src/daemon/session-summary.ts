/** A session in a list, and the order of the list. */
import type { Session, SessionQuery, SessionSummary } from '../contract/index.ts';

/** What is in a list of a session whose figures are all there already. */
export function summarize({ id, since, tunnel, paths }: Session): SessionSummary {
  const links = paths.map(({ name, state, lastSeconds, windows }) => ({
    name,
    state,
    lastSeconds,
    lossShare: windows['1m'].lossShare,
  }));
  return {
    id,
    since,
    state: tunnel.state,
    lastSeconds: tunnel.idleSeconds,
    rates: tunnel.rates,
    lossShare: tunnel.windows['1m'].lossShare,
    worstLossShare: worstOf(links),
    paths: links,
  };
}

/** The highest loss; null when none is known. */
export function worstOf(links: readonly { readonly lossShare: number | null }[]): number | null {
  return links.reduce<number | null>(
    (worst, { lossShare }) => (lossShare !== null && lossShare > (worst ?? -1) ? lossShare : worst),
    null,
  );
}

/** For `sort()`. */
export function orderOf(sort: SessionQuery['sort']): (a: SessionSummary, b: SessionSummary) => number {
  switch (sort) {
    case 'worst':
      return (a, b) =>
        (b.lossShare ?? -1) - (a.lossShare ?? -1) || (b.worstLossShare ?? -1) - (a.worstLossShare ?? -1);
    case 'busiest':
      return (a, b) => traffic(b) - traffic(a);
    case 'newest':
      return (a, b) => b.since.localeCompare(a.since);
    case 'oldest':
      return (a, b) => a.since.localeCompare(b.since);
  }
}

function traffic({ rates }: SessionSummary): number {
  return rates.inBitsPerSecond + rates.outBitsPerSecond;
}
