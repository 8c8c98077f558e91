import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Watched } from './watched.ts';

describe('Watched', () => {
  let looks = 0;
  let watched: Watched;

  beforeEach(() => {
    vi.useFakeTimers();
    looks = 0;
    watched = new Watched(() => looks++, 200);
  });
  afterEach(() => {
    watched.stop();
    vi.useRealTimers();
  });

  /** Looks in each of so many seconds. */
  function pass(seconds: number): number[] {
    return Array.from({ length: seconds }, () => {
      const before = looks;
      vi.advanceTimersByTime(1_000);
      watched.second();
      return looks - before;
    });
  }

  test('looks once a second while nobody watches', () => {
    expect(pass(3)).toEqual([1, 1, 1]);
  });

  test('looks as often as told from the first question on, until three seconds after the last', () => {
    pass(1);
    watched.asked();
    expect(pass(2)).toEqual([5, 5]);
    watched.asked();
    expect(pass(6)).toEqual([5, 5, 5, 6, 1, 1]);
  });

  test('looks no more after stop(), but can be asked again', () => {
    watched.asked();
    watched.stop();
    vi.advanceTimersByTime(1_000);
    expect(looks).toBe(0);
    watched.asked();
    expect(pass(1)).toEqual([5]);
  });
});
