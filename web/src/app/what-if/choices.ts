/**
 * The choices of links that the what-if table shows: each with what would have been lost and what would have
 * been carried, which of them belong on the first page, and their order. Knows no words and no page.
 */
import type { Session } from '../contract.ts';

/** One choice of links, ready to be shown. */
export interface Choice {
  /** The same links in the same order, always the same key. */
  readonly key: string;
  readonly paths: readonly string[];
  readonly lost: number;
  readonly lossShare: number;
  /** What these links together carried both ways since the start: what a contract by volume would bill. */
  readonly bytes: number;
  /** The links that carry now: all that are not excluded. */
  readonly isPresent: boolean;
  /** All links, all but one, or a single one: what is asked first. */
  readonly isCommon: boolean;
}

export type ChoiceOrder = 'links' | 'lost' | 'bytes';

/** One name for a choice, whatever the order of its links. */
export function keyOf(paths: Iterable<string>): string {
  return [...paths].sort().join('\n');
}

/** Every choice of the session, as the program has counted them. */
export function choicesOf(session: Session): Choice[] {
  const bytesByPath = new Map(
    session.paths.map(({ name, windows: { start } }) => [name, start.bytesIn + start.bytesOut]),
  );
  const present = keyOf(session.paths.filter(({ state }) => state !== 'excluded').map(({ name }) => name));
  const most = Math.max(0, ...session.whatIf.map(({ paths }) => paths.length));
  return session.whatIf.map((row) => ({
    key: keyOf(row.paths),
    paths: row.paths,
    lost: row.lost,
    lossShare: row.lossShare,
    bytes: row.paths.reduce((sum, name) => sum + (bytesByPath.get(name) ?? 0), 0),
    isPresent: keyOf(row.paths) === present,
    isCommon: row.paths.length === 1 || row.paths.length >= most - 1,
  }));
}

/** The links that choices are made of: in the session's order, then those that it has no more. */
export function countedLinks({ paths, whatIf }: Session): string[] {
  const counted = new Set(whatIf.flatMap((row) => row.paths));
  const present = paths.map(({ name }) => name).filter((name) => counted.has(name));
  return [...new Set([...present, ...counted])];
}

/** The same choices by `order`; equal ones stay fewest links first. */
export function inOrder(choices: readonly Choice[], order: ChoiceOrder, isDescending: boolean): Choice[] {
  const sign = isDescending ? -1 : 1;
  return [...choices].sort((a, b) => sign * (amountOf(a, order) - amountOf(b, order)) || a.lost - b.lost);
}

/** How many packets a loss is a share of: those carried and those lost, since the start. */
export function packetsJudged(session: Session): number {
  const { packets, lost } = session.tunnel.windows.start;
  return packets + lost;
}

function amountOf(choice: Choice, order: ChoiceOrder): number {
  if (order === 'links') return choice.paths.length;
  return order === 'lost' ? choice.lost : choice.bytes;
}
