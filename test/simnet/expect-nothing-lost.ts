import { expect } from 'vitest';
import type { SimClient } from './sim-client.ts';

/** Every packet that either endpoint was given has come out at the other. */
export function expectNothingLost({ up, down }: SimClient): void {
  expect(up.sentAtMs.length).toBeGreaterThan(0);
  expect({ up: up.lost(), down: down.lost() }).toEqual({ up: [], down: [] });
}
