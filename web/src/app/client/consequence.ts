/** What excluding or including a link would mean, from what has happened so far. */
import type { Path, Session } from '../contract.ts';
import { texts } from '../texts.ts';
import { formatCount } from '../units.ts';

const words = texts.client.actions;

/** A sentence for the button of a link. */
export function consequenceOf(path: Path, session: Session): string {
  const others = session.paths.filter((other) => other.name !== path.name && other.state !== 'excluded');
  if (path.state === 'excluded') return words.adds(texts.client.links(others.length + 1));
  if (path.state === 'down') return words.ofDown;
  const open = others.filter((other) => other.state !== 'down');
  if (open.length === 0) return words.leavesNone;
  const links = texts.client.links(open.length);
  const row = rowOf(session, others) ?? rowOf(session, open);
  return row === undefined ? `${words.leaves(links)}.` : words.leavesUsed(links, formatCount(row.lost));
}

function rowOf(session: Session, paths: readonly Path[]): Session['whatIf'][number] | undefined {
  return session.whatIf.find(
    (row) => row.paths.length === paths.length && paths.every((path) => row.paths.includes(path.name)),
  );
}
