/**
 * A short chaos run (test/chaos) with a fixed seed on the Linux engine: most kinds of faults come, none may cost a
 * packet outside of the stated windows. Afterwards all links are cut, to prove that the referee sees a loss.
 * Network and programs: test/chaos/rig.ts. CHAOS_SECONDS sets how long, CHAOS_SEED what happens.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';
import { guardPaths, wirePath } from '../chaos/kinds.ts';
import { monotonicMs } from '../chaos/monotonic.ts';
import type { Rig } from '../chaos/rig.ts';
import { programObstacle, titled } from './requirements.ts';

const seconds = Number(process.env.CHAOS_SECONDS ?? 20);
const seed = Number(process.env.CHAOS_SEED ?? 5882);
const packetsPerSecond = 200;
const blackoutMs = 300;
/** Of those sent in the blackout, 120 and two bursts perhaps: a busy machine sends fewer. */
const leastLost = 20;

describe.skipIf(programObstacle !== null)(titled('chaos', programObstacle), () => {
  test('loses nothing outside of the windows, and its referee sees what is lost', {
    timeout: seconds * 1_000 + 90_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rengarde-chaos-log-'));
    const lines: string[] = [];
    let blackout = { fromMs: Number.NaN, toMs: Number.NaN };
    try {
      const { outside, failures, steps, evidence } = await runChaos({
        engine: 'linux',
        seed,
        durationMs: seconds * 1_000,
        packetsPerSecond,
        folder,
        say: (line) => lines.push(line),
        atEnd: async (rig) => {
          blackout = await blackOut(rig);
        },
      });
      const told = lines.join('\n');
      console.log(`chaos, CHAOS_SEED=${seed}, ${steps.length} faults:\n${told}`);
      const inBlackout = outside.filter(
        ({ sentAtMs }) => sentAtMs > blackout.fromMs - 100 && sentAtMs < blackout.toMs,
      );
      expect(outside.length - inBlackout.length, told).toBe(0);
      expect(failures, told).toEqual([]);
      expect(inBlackout.length).toBeGreaterThan(leastLost);
      for (const way of ['up', 'down'] as const) {
        expect(inBlackout.some(({ direction }) => direction === way)).toBe(true);
        expect(evidence.ledgers[way].count).toBeGreaterThan((seconds * packetsPerSecond) / 2);
      }
      expect(steps.length).toBeGreaterThan(seconds / 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** No path works for a moment, which is no window. */
async function blackOut(rig: Rig): Promise<{ fromMs: number; toMs: number }> {
  const paths = [...guardPaths, wirePath];
  const fromMs = monotonicMs();
  for (const path of paths) await rig.faults.blackhole(path);
  await sleep(blackoutMs);
  for (const path of paths) await rig.faults.clear(path);
  return { fromMs, toMs: monotonicMs() };
}
