import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring } from './ring.ts';

describe('Ring', () => {
  test('gives every record in order and unharmed, whatever their lengths, and refuses what has no room', () => {
    const step = fc.oneof(fc.nat(120), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const memory = Ring.memory(256);
        const [producer, consumer] = [new Ring(memory), new Ring(memory)];
        const expected: number[][] = [];
        let next = 0;
        for (const it of steps) {
          if (it === 'take') {
            expect(take(consumer)).toEqual(expected.shift());
            continue;
          }
          const record = Array.from({ length: it }, () => next++ & 255);
          if (put(producer, record)) expected.push(record);
          // A record of up to half the ring always fits when the ring is empty.
          else expect(expected).not.toEqual([]);
        }
        for (const record of expected) expect(take(consumer)).toEqual(record);
        expect(take(consumer)).toBeUndefined();
      }),
    );
  });

  test('goes on when its counters of bytes pass 2^32', () => {
    const memory = Ring.memory(256);
    const counters = new Int32Array(memory);
    counters[0] = counters[16] = -64; // 2^32 - 64, on both sides
    const [producer, consumer] = [new Ring(memory), new Ring(memory)];
    for (let i = 0; i < 20; i++) {
      expect(put(producer, [i, i, i])).toBe(true);
      expect(put(producer, [i])).toBe(true);
      expect([take(consumer), take(consumer)]).toEqual([[i, i, i], [i]]);
    }
    expect(take(consumer)).toBeUndefined();
  });

  test('shows nothing of a record before it is complete', () => {
    const memory = Ring.memory(64);
    const [producer, consumer] = [new Ring(memory), new Ring(memory)];
    producer.begin(8);
    expect(consumer.peek()).toBe(-1);
    producer.commit();
    expect(consumer.peek()).toBeGreaterThan(-1);
  });
});

function put(ring: Ring, record: readonly number[]): boolean {
  const at = ring.begin(record.length);
  if (at < 0) return false;
  ring.bytes.set(record, at);
  ring.commit();
  return true;
}

function take(ring: Ring): number[] | undefined {
  const at = ring.peek();
  if (at < 0) return undefined;
  const record = [...ring.bytes.subarray(at, at + ring.lengthBytes)];
  ring.release();
  return record;
}
