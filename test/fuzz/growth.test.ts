import { expect, test } from 'vitest';
import { Growth, LOOKS } from './growth.ts';

const MIB = 1024 * 1024;

function verdictOf(heldMib: (look: number) => number, looks = LOOKS): string {
  const growth = new Growth();
  for (let look = 0; look < looks; look++) growth.note(heldMib(look) * MIB);
  return growth.verdict();
}

test.each<[what: string, heldMib: (look: number) => number, verdict: string]>([
  ['what stays the same', () => 30, '0.00 MiB'],
  [
    'what grows until caches have their size',
    (look) => 30 + 20 * Math.min(1, look / (LOOKS / 3)),
    '0.00 MiB',
  ],
  ['what is larger now and then', (look) => 30 + (look % 3) * 9, '0.00 MiB'],
  ['what grows all the time', (look) => 30 + look, 'grew by 6.00 MiB, want at most 4'],
])('Growth.verdict() of %s', (_, heldMib, verdict) => {
  expect(verdictOf(heldMib)).toBe(verdict);
});

test('Growth.verdict() says nothing of a run that hardly ran', () => {
  expect(verdictOf(() => 30, 5)).toBe('too short to tell');
});
