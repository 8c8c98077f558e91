import { expect, test } from 'vitest';
import { threadsByDefault } from './server.ts';

test.each([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 3],
  [5, 4],
  [64, 4],
])('a server on %d cores has %d threads by default', (cores, threads) => {
  expect(threadsByDefault(cores)).toBe(threads);
});
