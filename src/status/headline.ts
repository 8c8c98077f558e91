/**
 * The answer to "is it working?" in the words of the web interface's first page: a title, a mood that is never
 * better than what is known, and the reason.
 */
import type { ClientOverview, Overview, Path, ServerOverview } from '../contract/index.ts';
import { count, formatCount, formatDuration, formatShare } from './units.ts';

/** `quiet`: nothing to praise and nothing to blame. */
export type Mood = 'good' | 'warn' | 'bad' | 'quiet';

export interface Headline {
  readonly mood: Mood;
  /** Empty on a server. */
  readonly title: string;
  readonly sentences: readonly string[];
}

/** More than so lost lately is not praised, though it has stopped: calls have been heard to break. */
const PRAISED_LOSS_SHARE = 0.001;
const WINDOW_SECONDS = 900;

/** @param nowMs Unix time */
export function headlineOf(overview: Overview, nowMs: number): Headline {
  return overview.role === 'client' ? clientHeadline(overview, nowMs) : serverHeadline(overview);
}

/** What people call a link. */
export function labelOf({ label, name }: Pick<Path, 'label' | 'name'>): string {
  return label ?? name;
}

function clientHeadline({ session, instance }: ClientOverview, nowMs: number): Headline {
  const { tunnel, paths } = session;
  const { lossShare } = tunnel.windows['15m'];
  const span = spanOf(instance.startedAt, nowMs);
  switch (tunnel.state) {
    case 'carrying': {
      const threat = threatOf(paths);
      const isPraised = threat === '' && (lossShare ?? 0) <= PRAISED_LOSS_SHARE;
      const sentences = said(lossSentence(session, span), aloneSentence(session), threat);
      return { mood: isPraised ? 'good' : 'warn', title: 'Tunnel up.', sentences };
    }
    case 'losing': {
      const { lost, lossShare: share } = tunnel.windows['10s'];
      const now = `${count(lost, 'packet', 'packets')} lost in the last 10 s (${formatShare(share)}).`;
      return {
        mood: 'bad',
        title: 'Losing packets.',
        sentences: said(now, aloneSentence(session), threatOf(paths)),
      };
    }
    case 'idle': {
      const { idleSeconds } = tunnel;
      const since = idleSeconds === null ? 'yet' : `for ${formatDuration(idleSeconds)}`;
      const sentences = said(
        `Nothing to carry ${since}.`,
        lossShare === null ? '' : lossSentence(session, span),
      );
      return { mood: 'quiet', title: 'Idle.', sentences };
    }
    case 'waiting': {
      const hint = `It has not sent anything yet. WireGuard's endpoint on this host should be ${instance.listenAddress}.`;
      return { mood: 'warn', title: 'Waiting for WireGuard.', sentences: [hint] };
    }
    case 'unanswered': {
      const open = paths.filter(({ state }) => state === 'up' || state === 'suspect').length;
      const sentences = [
        `Packets leave for ${instance.destination} by ${count(open, 'link', 'links')}; nothing has ever come back.`,
        'Does the server run, is its port open, and do the WireGuard keys on both sides belong together?',
      ];
      return { mood: 'bad', title: 'The server does not answer.', sentences };
    }
    case 'no-path': {
      const hint = 'No link has an address and a socket. What each one lacks stands below it.';
      return { mood: 'bad', title: 'No usable link.', sentences: [hint] };
    }
  }
}

/** A server is in a bad way only when no client is in a good one. */
function serverHeadline({ sessions, paths, losing, turnedAway }: ServerOverview): Headline {
  const lossy = losing === 0 ? 'nothing' : count(losing, 'client', 'clients');
  const clients = `${count(sessions, 'client', 'clients')}, ${count(paths, 'link', 'links')}`;
  const begin =
    sessions === 0
      ? 'No client'
      : `${clients}, ${lossy} lost ${losing === 0 ? '' : 'packets '}in the last minute`;
  const strangers = `${count(turnedAway, "stranger's packet", "strangers' packets")} turned away.`;
  const mood = sessions === 0 ? 'quiet' : losing === 0 ? 'good' : losing < sessions ? 'warn' : 'bad';
  return { mood, title: '', sentences: [`${begin}; ${strangers}`] };
}

function said(...sentences: string[]): string[] {
  return sentences.filter((sentence) => sentence !== '');
}

type Session = ClientOverview['session'];

function lossSentence({ tunnel }: Session, span: string): string {
  const { lost, lossShare } = tunnel.windows['15m'];
  if (lossShare === null) return '';
  return lost === 0
    ? `Nothing lost in ${span}.`
    : `${formatCount(lost)} lost in ${span} (${formatShare(lossShare)}).`;
}

/** The comparison that shows what it is good for: the best link if even that lost more, else the worst. */
function aloneSentence({ tunnel, paths }: Session): string {
  const { lost: lostByTunnel } = tunnel.windows['15m'];
  const links = paths
    .filter(({ state, windows }) => state !== 'excluded' && windows['15m'].lossShare !== null)
    .map((path) => ({ label: labelOf(path), ...path.windows['15m'] }))
    .toSorted((one, other) => (one.lossShare ?? 0) - (other.lossShare ?? 0));
  const best = links[0];
  const worst = links.at(-1);
  if (best === undefined || worst === undefined || worst.lost <= lostByTunnel) return '';
  return links.length > 1 && best.lost > lostByTunnel
    ? `Even the best link alone, ${best.label}, would have lost ${formatCount(best.lost)}.`
    : `${worst.label} alone would have lost ${formatCount(worst.lost)}.`;
}

/** What makes a working tunnel less safe than it looks. A link that never delivered is missed by nobody. */
function threatOf(paths: readonly Path[]): string {
  const used = paths.filter(({ state }) => state !== 'excluded');
  const up = used.filter(({ state }) => state === 'up');
  if (up.length === 1) return `Only ${labelOf(up[0]!)} works: what it loses is lost.`;
  return used
    .flatMap((path) => {
      if (path.state === 'suspect') {
        return [`${labelOf(path)} has been silent for ${formatDuration(path.silentSeconds)}.`];
      }
      return path.state === 'down' && path.lastSeconds !== null ? [`${labelOf(path)} is not connected.`] : [];
    })
    .join(' ');
}

/** How long a time the losses are about: "15 minutes", or as long as the program runs. */
function spanOf(startedAt: string, nowMs: number): string {
  const seconds = Math.min(WINDOW_SECONDS, Math.max(0, Math.round((nowMs - Date.parse(startedAt)) / 1000)));
  // Two seconds of every span are not known yet: a packet's fate is known after one.
  const minutes = Math.floor((seconds + 5) / 60);
  return minutes < 1 ? `${seconds} s` : count(minutes, 'minute', 'minutes');
}
