import { expect, test } from 'vitest';
import { plain } from './plain.ts';

test('plain() leaves nothing that moves the cursor or begins a line', () => {
  expect(plain('a\x1b[2Jb\nc\u2028d\u202ee\t')).toBe('a [2Jb c d e');
});
