import { expect, test } from 'vitest';
import { Places } from './places.ts';

test.each([1, 31, 32, 33, 100])('Places has %d numbers, each for one at a time', (count) => {
  const places = new Places(count);
  const all = Array.from({ length: count }, () => places.take());
  expect(all).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(places.take()).toBe(-1);
  places.giveBack(count - 1);
  places.giveBack(0);
  expect([places.take(), places.take(), places.take()].filter((it) => it >= 0).sort()).toEqual(
    [...new Set([0, count - 1])].sort(),
  );
});

test('Places is one stock for all who have its memory', () => {
  const memory = Places.memory(40);
  const [one, other] = [new Places(40, memory), new Places(40, memory)];
  const taken = Array.from({ length: 20 }, () => [one.take(), other.take()]).flat();
  expect(new Set(taken).size).toBe(40);
  expect(other.take()).toBe(-1);
  one.giveBack(39);
  expect(other.take()).toBe(39);
});
