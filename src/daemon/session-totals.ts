/** What a server's sessions and addresses count together, those that are gone included. */
import type { PathCounts } from '../contract/index.ts';
import { PathSum, TunnelSum } from '../quality/index.ts';
import type { LinkGauge, SessionGauge } from './session-gauge.ts';
import { addUnsent, noneUnsent } from './unsent.ts';

export class SessionTotals {
  readonly #paths = new PathSum();
  readonly #tunnels = new TunnelSum();
  readonly #unsent = noneUnsent();

  addLink({ figures, unsent }: LinkGauge): void {
    this.#paths.add(figures);
    addUnsent(this.#unsent, unsent.counts());
  }

  /** Its links too. */
  addSession(session: SessionGauge): void {
    this.#tunnels.add(session.tunnel);
    for (const link of session.links()) this.addLink(link);
  }

  /** This and `sessions`, which go on counting. */
  with(sessions: Iterable<SessionGauge>): SessionTotals {
    const all = new SessionTotals();
    all.#paths.add(this.#paths);
    all.#tunnels.add(this.#tunnels);
    addUnsent(all.#unsent, this.#unsent);
    for (const session of sessions) all.addSession(session);
    return all;
  }

  get tunnel(): ReturnType<TunnelSum['total']> {
    return this.#tunnels.total();
  }

  get paths(): PathCounts {
    return { ...this.#paths.total(), unsent: this.#unsent };
  }
}

/** @param link absent: it has never been open */
export function countsOf(link: LinkGauge | undefined): PathCounts {
  const totals = new SessionTotals();
  if (link !== undefined) totals.addLink(link);
  return totals.paths;
}
