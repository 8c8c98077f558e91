/** What was lost lately: by the tunnel, and by each link, as if it had been alone. */
import { type History, type Path, type Session, TUNNEL_TRACK } from '../contract.ts';
import { cellsOf, lossShareOf, sumOf } from '../strip/cell.ts';
import { texts } from '../texts.ts';

export interface Loss {
  readonly name: string;
  readonly label: string;
  readonly lost: number;
  /** null: nothing came and nothing was lost. */
  readonly share: number | null;
}

export interface Losses {
  /** Seconds of the past that something is known of. */
  readonly knownSeconds: number;
  readonly tunnel: Loss;
  /** Of the links in use, in their order. */
  readonly links: readonly Loss[];
}

export function lossesOf(session: Session, past: History): Losses {
  const all = sumOf(cellsOf(past, TUNNEL_TRACK));
  return {
    knownSeconds: all.known,
    tunnel: lossOf(past, TUNNEL_TRACK, texts.client.tunnel),
    links: session.paths
      .filter((path) => path.state !== 'excluded' && isInPlay(path, past))
      .map((path) => lossOf(past, path.name, labelOf(path))),
  };
}

/**
 * Whether a link has to do with the tunnel lately: it is open, has delivered since the start, or packets were
 * counted on it. Others are interfaces that happen to be there.
 */
export function isInPlay(path: Path, past: History): boolean {
  if (path.state === 'up' || path.state === 'suspect') return true;
  if (path.state === 'down' && path.lastSeconds !== null) return true;
  const { first, late, lost } = sumOf(cellsOf(past, path.name));
  return first + late + lost > 0;
}

/** What people call a link. */
export function labelOf(path: Pick<Path, 'name' | 'label'>): string {
  return path.label ?? path.name;
}

/** How long a time the losses are about: "15 minutes", or as much as is known. */
export function spanOf(knownSeconds: number): string {
  // Two seconds of every span are not known yet: a packet's fate is known after one.
  const minutes = Math.floor((knownSeconds + 5) / 60);
  return minutes < 1 ? texts.client.seconds(knownSeconds) : texts.client.minutes(minutes);
}

function lossOf(past: History, name: string, label: string): Loss {
  const sum = sumOf(cellsOf(past, name));
  return { name, label, lost: sum.lost, share: lossShareOf(sum, name === TUNNEL_TRACK) };
}
