import { describe, expect, it } from 'vitest';
import type { Path, Session } from '../contract.ts';
import { consequenceOf } from './consequence.ts';

const path = (name: string, state: Path['state']) => ({ name, state }) as Path;
const session = (...paths: Path[]) =>
  ({
    paths,
    whatIf: [
      { paths: ['a', 'b'], lost: 12, lossShare: 0 },
      { paths: ['b', 'a', 'c'], lost: 0, lossShare: 0 },
    ],
  }) as unknown as Session;

describe('consequenceOf()', () => {
  it('tells what would have been lost without the link', () => {
    const c = path('c', 'up');
    expect(consequenceOf(c, session(path('a', 'up'), path('b', 'up'), c))).toBe(
      'Excluding it leaves 2 links; so far 12 would have been lost without it.',
    );
  });

  it('does not count links that carry nothing', () => {
    const c = path('c', 'up');
    expect(consequenceOf(c, session(path('a', 'up'), path('d', 'down'), c))).toBe(
      'Excluding it leaves 1 link.',
    );
  });

  it('warns before the last link', () => {
    const c = path('c', 'up');
    expect(consequenceOf(c, session(path('a', 'excluded'), path('b', 'down'), c))).toContain(
      'leaves no link',
    );
  });

  it('tells how many there are with an excluded one', () => {
    const c = path('c', 'excluded');
    expect(consequenceOf(c, session(path('a', 'up'), path('b', 'up'), c))).toBe(
      'Including it gives the tunnel 3 links.',
    );
  });
});
