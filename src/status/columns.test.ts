import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { plain } from '../terminal/index.ts';
import { type Column, cut, row, widthOf, wrap } from './columns.ts';

const COLUMNS: Column[] = [
  { title: 'Name', width: 6, align: 'left' },
  { title: 'Rate', width: 4, align: 'right' },
];

test('widthOf() knows letters of two columns and of several parts', () => {
  expect(['', 'abc', '日本', 'é', '한글', '📶'].map(widthOf)).toEqual([0, 3, 4, 1, 4, 2]);
});

test.each([
  ['Fibre', 5, 'Fibre'],
  ['Fibre', 4, 'Fi..'],
  ['日本語', 5, '日..'],
  ['Fibre', 1, '.'],
])('cut(%j, %i) gives %j', (text, width, wanted) => {
  expect(cut(text, width)).toBe(wanted);
});

describe('row()', () => {
  it('sets each cell in its column', () => {
    expect(row(COLUMNS, ['ab', '1'], 80)).toBe('ab        1');
    expect(row(COLUMNS, ['日本', '12345'], 80)).toBe('日本   12..');
  });

  it('leaves no space at the end, and missing cells empty', () => {
    expect(row(COLUMNS, ['ab'], 80)).toBe('ab');
  });
});

describe('wrap()', () => {
  it('breaks between words, and indents what follows', () => {
    expect(wrap('one two three', 8, '  ')).toEqual(['one two', '  three']);
  });

  it('cuts a word that is too long', () => {
    expect(wrap('a 0123456789', 6)).toEqual(['a', '0123..']);
  });
});

it('nothing is ever wider than wanted', () => {
  const width = fc.integer({ min: 2, max: 90 });
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map(plain);
  fc.assert(
    fc.property(text, width, (any, max) => {
      for (const line of [cut(any, max), row(COLUMNS, [any, any], max), ...wrap(any, max, ' ')]) {
        expect(widthOf(line)).toBeLessThanOrEqual(max);
      }
    }),
    { numRuns: 200 },
  );
});
