import { signal } from '@angular/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { TimeCursor } from './time-cursor.ts';

const span = signal({ from: 1000, to: 1900, stepSeconds: 1 });
let cursor = new TimeCursor(span);

beforeEach(() => {
  span.set({ from: 1000, to: 1900, stepSeconds: 1 });
  cursor = new TimeCursor(span);
});

describe('TimeCursor', () => {
  it('points at the cell under a share of the width', () => {
    cursor.pointAt(0.5);
    expect([cursor.index(), cursor.at()]).toEqual([450, 1450]);
    cursor.pointAt(1);
    expect(cursor.index()).toBe(899);
  });

  it('stays at its moment while time goes on, until it leaves the picture', () => {
    cursor.pointAt(0);
    span.set({ from: 999, to: 1899, stepSeconds: 1 });
    expect([cursor.index(), cursor.at()]).toEqual([1, 1000]);
    span.set({ from: 1001, to: 1901, stepSeconds: 1 });
    expect([cursor.index(), cursor.at()]).toEqual([null, null]);
  });

  it.each([
    ['ArrowLeft', 1899],
    ['Home', 1000],
    ['End', 1899],
    ['PageDown', 1840],
  ])('begins at the right end with %s', (key, at) => {
    expect(cursor.press(key)).toBe(true);
    expect(cursor.at()).toBe(at);
  });

  it('stays at the oldest cell after a key, while time goes on', () => {
    cursor.press('Home');
    span.set({ from: 1005, to: 1905, stepSeconds: 1 });
    expect([cursor.index(), cursor.at()]).toEqual([0, 1005]);
    cursor.press('ArrowRight');
    expect(cursor.at()).toBe(1006);
    cursor.pointAt(0);
    span.set({ from: 1010, to: 1910, stepSeconds: 1 });
    expect(cursor.index()).toBeNull();
  });

  it('stops at both ends, and goes away with Escape', () => {
    cursor.press('Home');
    cursor.press('ArrowLeft');
    expect(cursor.at()).toBe(1000);
    cursor.press('Escape');
    expect(cursor.at()).toBeNull();
  });

  it('leaves other keys alone', () => {
    expect(cursor.press('Tab')).toBe(false);
    expect(cursor.at()).toBeNull();
  });
});
