/** The fuzzer's parts together: they find what nobody finds by chance, and only because of what they see. */
import { expect, test } from 'vitest';
import { Coverage } from './coverage.ts';
import { Input } from './input.ts';
import { type Instrumented, instrument } from './instrument.ts';
import { Mutator, randomFrom } from './mutate.ts';

/** Three steps that have to be found one after the other. */
const SOURCE = `
  export function parse(bytes: Uint8Array): void {
    const first: number = bytes[0] ?? 0;
    if (first !== 0xb7) return;
    for (const byte of bytes.subarray(1, 3)) if (byte < 250) return;
    switch (String.fromCharCode(...bytes.subarray(3))) {
      case 'open sesame':
        throw new Error('found');
    }
  }
`;
const MOST_TRIES = 300_000;

function triesToFind(isGuided: boolean): number {
  const found: Instrumented = { edges: 0, texts: new Set(), numbers: new Set() };
  const code = instrument(SOURCE, 'parse.ts', found).replace('export function', 'return function');
  const hits = new Uint8Array((found.edges + 3) & ~3);
  const parse = new Function('__fuzzHits', code)(hits) as (bytes: Uint8Array) => void;
  const mutator = new Mutator({ texts: [...found.texts], numbers: [...found.numbers] }, 64, 1);
  const random = randomFrom(2);
  const coverage = new Coverage(hits);
  const inputs: Buffer[] = [Buffer.from('abc')];
  for (let tries = 1; tries <= MOST_TRIES; tries++) {
    const bytes = mutator.mutate(inputs[random(inputs.length)]!, inputs[random(inputs.length)]!);
    coverage.clear();
    try {
      parse(bytes);
    } catch {
      return tries;
    }
    if (isGuided && coverage.take() > 0) inputs.push(bytes);
  }
  return MOST_TRIES;
}

test('coverage leads to a fault behind three conditions, chance does not', () => {
  expect(triesToFind(true)).toBeLessThan(MOST_TRIES);
  expect(triesToFind(false)).toBe(MOST_TRIES);
});

test('Coverage.take() tells a new branch from a new count of an old one', () => {
  const hits = new Uint8Array(4);
  const coverage = new Coverage(hits);
  const take = (...counts: number[]) => {
    coverage.clear();
    hits.set(counts);
    return coverage.take();
  };
  expect([take(1), take(1), take(0, 1), take(2), take(5), take(7), take(200)]).toEqual([2, 0, 2, 1, 1, 0, 1]);
  expect(coverage.edges).toBe(2);
});

test('Input gives zeros and empty texts when nothing is left', () => {
  const input = new Input(Buffer.of(1, 2, 0, 3, 0x61));
  expect([input.u8(), input.u16(), input.text(), input.left]).toEqual([1, 2, 'a', 0]);
  expect([input.u32(), input.is(), input.text(), input.pick(['x', 'y']), input.rest().length]).toEqual([
    0,
    false,
    '',
    'x',
    0,
  ]);
});
