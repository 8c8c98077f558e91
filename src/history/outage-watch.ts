/** Finds outages in the seconds as they come. What a second says is judged by outage-rules.ts. */
import { type Outage, TUNNEL_TRACK } from '../contract/index.ts';
import { CELL_WIDTH, figure } from './cells.ts';
import {
  type Cause,
  GAP_SECONDS,
  graver,
  JOIN_SECONDS,
  judgeLink,
  judgeTunnel,
  LOSSY_PACKETS,
  LOSSY_SECONDS,
  SILENT_SECONDS,
  SUSPICION_SECONDS,
  type Verdict,
} from './outage-rules.ts';
import type { KeptFrame } from './tier.ts';
import type { KeptTrack } from './tracks.ts';

/** A stretch of bad seconds: a suspicion until it has a number, then an outage. */
interface Trouble {
  readonly track: KeptTrack;
  readonly from: number;
  /** The end of the last second that belongs to it. */
  to: number;
  outageId: number | undefined;
  cause: Cause;
  badSeconds: number;
  silentSeconds: number;
  lost: number;
  lostByTunnel: number;
}

/** A session's tunnel in one second. */
interface TunnelSecond {
  readonly packets: number;
  readonly lost: number;
}

export class OutageWatch {
  readonly #nextId: () => number;
  readonly #troubles = new Map<number, Trouble>();
  /** Ended a moment ago: may go on. */
  readonly #ended = new Map<number, Trouble>();
  #previousAt: number | undefined;

  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  /** The outages that this second began, continued or ended. */
  see(frame: KeptFrame, trackOf: (id: number) => KeptTrack | undefined): Outage[] {
    const told: Outage[] = [];
    const previousAt = this.#previousAt ?? frame.at;
    this.#previousAt = frame.at;
    if (frame.at < previousAt || frame.at - previousAt > GAP_SECONDS) told.push(...this.#endAll());

    const tunnels = tunnelsOf(frame, trackOf);
    const seen = new Set<number>();
    frame.ids.forEach((id, i) => {
      const track = trackOf(id);
      if (track === undefined) return;
      seen.add(id);
      const tunnel = tunnels.get(track.session) ?? { packets: 0, lost: 0 };
      const offset = i * CELL_WIDTH;
      const verdict =
        track.name === TUNNEL_TRACK
          ? judgeTunnel(frame.rows, offset)
          : judgeLink(frame.rows, offset, tunnel.packets);
      const lost = figure(frame.rows, offset, 'lost');
      const outage = this.#apply(track, verdict, frame.at, lost, tunnel.lost);
      if (outage !== undefined) told.push(outage);
    });
    for (const id of [...this.#troubles.keys()]) if (!seen.has(id)) told.push(...this.#end(id));
    for (const [id, { to }] of this.#ended) if (frame.at - to > JOIN_SECONDS) this.#ended.delete(id);
    return told;
  }

  #apply(
    track: KeptTrack,
    verdict: Verdict,
    at: number,
    lost: number,
    lostByTunnel: number,
  ): Outage | undefined {
    const { id } = track;
    const open = this.#troubles.get(id);
    if (verdict.is === 'good' || verdict.is === 'over') {
      const [outage] = this.#end(id);
      if (verdict.is === 'over') this.#ended.delete(id);
      return outage;
    }
    if (open?.outageId === undefined && verdict.is === 'unclear') return;
    const isStale = open !== undefined && open.outageId === undefined && at - open.from > SUSPICION_SECONDS;
    const trouble = open === undefined || isStale ? begun(track, at) : open;
    this.#troubles.set(id, trouble);

    trouble.to = at;
    trouble.lost += lost;
    trouble.lostByTunnel += lostByTunnel;
    if (verdict.cause !== undefined) {
      trouble.badSeconds += 1;
      if (verdict.cause === 'silent') trouble.silentSeconds += 1;
      trouble.cause = graver(trouble.cause, verdict.cause);
      if (trouble.outageId === undefined && (verdict.is === 'certain' || isConfirmed(trouble)))
        return toOutage(this.#declare(trouble), null);
    }
    return trouble.outageId === undefined ? undefined : toOutage(trouble, null);
  }

  /** Makes a suspicion an outage: the one that ended just now, if there was one. */
  #declare(trouble: Trouble): Trouble {
    const { id } = trouble.track;
    const before = this.#ended.get(id);
    this.#ended.delete(id);
    if (before === undefined || trouble.from - before.to >= JOIN_SECONDS) {
      trouble.outageId = this.#nextId();
      return trouble;
    }
    const joined: Trouble = {
      ...trouble,
      from: before.from,
      outageId: before.outageId,
      cause: graver(before.cause, trouble.cause),
      lost: before.lost + trouble.lost,
      lostByTunnel: before.lostByTunnel + trouble.lostByTunnel,
    };
    this.#troubles.set(id, joined);
    return joined;
  }

  #end(id: number): Outage[] {
    const trouble = this.#troubles.get(id);
    this.#troubles.delete(id);
    if (trouble?.outageId === undefined) return [];
    this.#ended.set(id, trouble);
    return [toOutage(trouble, trouble.to)];
  }

  #endAll(): Outage[] {
    const told = [...this.#troubles.keys()].flatMap((id) => this.#end(id));
    this.#ended.clear();
    return told;
  }
}

function begun(track: KeptTrack, at: number): Trouble {
  return {
    track,
    from: at - 1,
    to: at,
    outageId: undefined,
    cause: 'lossy',
    badSeconds: 0,
    silentSeconds: 0,
    lost: 0,
    lostByTunnel: 0,
  };
}

function isConfirmed({ badSeconds, silentSeconds, lost }: Trouble): boolean {
  return silentSeconds >= SILENT_SECONDS || (badSeconds >= LOSSY_SECONDS && lost >= LOSSY_PACKETS);
}

function tunnelsOf(
  frame: KeptFrame,
  trackOf: (id: number) => KeptTrack | undefined,
): Map<string, TunnelSecond> {
  const tunnels = new Map<string, TunnelSecond>();
  frame.ids.forEach((id, i) => {
    const track = trackOf(id);
    if (track?.name !== TUNNEL_TRACK) return;
    const offset = i * CELL_WIDTH;
    tunnels.set(track.session, {
      packets: figure(frame.rows, offset, 'first'),
      lost: figure(frame.rows, offset, 'lost'),
    });
  });
  return tunnels;
}

function toOutage(trouble: Trouble, endedAt: number | null): Outage {
  const { outageId = 0, track, cause, from, to, lost, lostByTunnel } = trouble;
  return {
    id: outageId,
    session: track.session,
    ...(track.name === TUNNEL_TRACK ? {} : { path: track.name }),
    cause,
    from: isoTime(from),
    to: endedAt === null ? null : isoTime(endedAt),
    seconds: to - from,
    lost,
    lostByTunnel,
  };
}

function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
