import { expect, test } from 'vitest';
import type { SessionSummary } from '../contract.ts';
import { worstLinkOf } from './worst-link.ts';

type Link = SessionSummary['paths'][number];

function link(name: string, lossShare: number | null, more: Partial<Link> = {}): Link {
  return { name, state: 'up', lastSeconds: 0, lossShare, ...more };
}

const of = (...paths: Link[]) => worstLinkOf({ paths } as unknown as SessionSummary);

test('worstLinkOf() names the link that lost most, and warns from 5 % on', () => {
  expect(of(link('a', 0.001), link('b', 0.02))).toEqual({ text: 'b lost 2.0\u00a0%', isBad: false });
  expect(of(link('a', 0.06), link('b', 0.02))).toEqual({ text: 'a lost 6.0\u00a0%', isBad: true });
});

test('worstLinkOf() takes silence for worse than loss', () => {
  expect(of(link('a', 0.5), link('b', 0, { state: 'suspect', lastSeconds: 34 }))).toEqual({
    text: 'b silent for 34 s',
    isBad: true,
  });
});

test('worstLinkOf() says so when none lost anything, or nothing is known', () => {
  expect(of(link('a', 0), link('b', null))).toEqual({ text: 'none lost', isBad: false });
});
