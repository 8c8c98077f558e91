import { expect, test } from 'vitest';
import { Region } from './memory.ts';

test('Region.giveBack() gives back every page that is wholly its own', () => {
  const region = new Region(1 << 20);
  region.bytes.fill(1);
  region.giveBack();
  // At either end there is a page that others may use too.
  const left = region.bytes.reduce((sum, byte) => sum + byte, 0);
  expect(left).toBeLessThan(2 * 65_536);
  region.bytes.fill(2);
  expect(region.bytes.every((byte) => byte === 2)).toBe(true);
});
