/** The answer to "is it working?": a few words, a mood that is never better than what is known, and the reason. */
import type { ClientOverview, Path } from '../contract.ts';
import { texts } from '../texts.ts';
import { formatCount, formatDuration, formatShare } from '../units.ts';
import { type Loss, type Losses, labelOf, spanOf } from './losses.ts';

/** `quiet`: nothing to praise and nothing to blame. */
export type Mood = 'good' | 'warn' | 'bad' | 'quiet';

export interface Headline {
  readonly mood: Mood;
  /** Stays the same as long as the state does, so that it can be read out when it changes. */
  readonly title: string;
  readonly sentences: readonly string[];
  /** What to do about it, or what threatens; may be empty. */
  readonly hint: string;
}

const words = texts.client.headline;

/** More than so lost lately is not praised, though it has stopped: calls have been heard to break. */
const PRAISED_LOSS_SHARE = 0.001;

export function headlineOf({ session, instance }: ClientOverview, losses: Losses): Headline {
  const { tunnel, paths } = session;
  switch (tunnel.state) {
    case 'carrying': {
      const threat = threatOf(paths);
      return {
        mood: threat === '' && (losses.tunnel.share ?? 0) <= PRAISED_LOSS_SHARE ? 'good' : 'warn',
        title: words.carrying,
        sentences: [lossSentence(losses), aloneSentence(losses)].filter((sentence) => sentence !== ''),
        hint: threat,
      };
    }
    case 'losing': {
      const { lost, lossShare } = tunnel.windows['10s'];
      return {
        mood: 'bad',
        title: words.losing,
        sentences: [words.losingNow(formatCount(lost), formatShare(lossShare)), aloneSentence(losses)].filter(
          (sentence) => sentence !== '',
        ),
        hint: threatOf(paths),
      };
    }
    case 'idle': {
      const { idleSeconds } = tunnel;
      return {
        mood: 'quiet',
        title: words.idle,
        sentences: [
          idleSeconds === null ? words.idleEver : words.idleFor(formatDuration(idleSeconds)),
          losses.tunnel.share === null ? '' : lossSentence(losses),
        ].filter((sentence) => sentence !== ''),
        hint: words.idleHint,
      };
    }
    case 'waiting':
      return {
        mood: 'warn',
        title: words.waiting,
        sentences: [words.waitingFor(instance.listenAddress)],
        hint: '',
      };
    case 'unanswered': {
      const open = paths.filter((path) => path.state === 'up' || path.state === 'suspect').length;
      return {
        mood: 'bad',
        title: words.unanswered,
        sentences: [words.unansweredBy(instance.destination, texts.client.links(open))],
        hint: words.unansweredHint,
      };
    }
    case 'no-path':
      return { mood: 'bad', title: words.noPath, sentences: [], hint: words.noPathHint };
  }
}

/** When nobody knows whether `last` is still so: neither praise nor blame. `isRefused`: a password is wanted. */
export function withoutNews(last: Headline, isRefused: boolean): Headline {
  return {
    mood: 'quiet',
    title: isRefused ? words.notSignedIn : words.notConnected,
    sentences: [words.lastKnown([last.title, ...last.sentences].join(' '))],
    hint: '',
  };
}

function lossSentence({ tunnel, knownSeconds }: Losses): string {
  if (tunnel.share === null) return '';
  const span = spanOf(knownSeconds);
  return tunnel.lost === 0
    ? words.nothingLost(span)
    : words.lost(formatCount(tunnel.lost), formatShare(tunnel.share), span);
}

/** The comparison that shows what it is good for: the best link if even that lost more, else the worst. */
function aloneSentence({ tunnel, links }: Losses): string {
  const known = links.filter((link): link is Loss & { share: number } => link.share !== null);
  const byShare = known.toSorted((one, other) => one.share - other.share);
  const best = byShare[0];
  const worst = byShare.at(-1);
  if (best === undefined || worst === undefined || worst.lost <= tunnel.lost) return '';
  return known.length > 1 && best.lost > tunnel.lost
    ? words.evenBest(best.label, formatCount(best.lost))
    : words.alone(worst.label, formatCount(worst.lost));
}

/** What makes a working tunnel less safe than it looks. A link that never delivered is missed by nobody. */
function threatOf(paths: readonly Path[]): string {
  const used = paths.filter((path) => path.state !== 'excluded');
  const up = used.filter((path) => path.state === 'up');
  const only = up[0];
  if (up.length === 1 && only !== undefined) return words.onlyOne(labelOf(only));
  return used
    .flatMap((path) => {
      if (path.state === 'suspect') return [words.silent(labelOf(path), formatDuration(path.silentSeconds))];
      return path.state === 'down' && path.lastSeconds !== null ? [words.down(labelOf(path))] : [];
    })
    .join(' ');
}
