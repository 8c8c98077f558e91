/**
 * What only a userspace cable can do (wire.ts): delay, reordering, duplication, corruption.
 */
import { getMetrics } from '../metrics.ts';
import type { WireTraits } from '../wire.ts';
import { usual } from '../wire-link.ts';
import type { Make, Scene } from './fault.ts';

export const wires = {
  delay: (scene) => disturb(scene, { delayMs: 5 + scene.random.whole(600), jitterMs: scene.random.whole(5) }),
  reordering: (scene) =>
    disturb(scene, { delayMs: 30, jitterMs: 2 + scene.random.whole(28), mayReorder: true }),
  duplication: (scene) => disturb(scene, { doubleShare: 0.05 + scene.random.next() * 0.9 }),
  corruption: (scene) =>
    corrupt(scene, { lossShare: 0, corruptShare: Math.min(1, 0.05 + scene.random.next() * 1.5) }),
  'all of these': (scene) =>
    corrupt(scene, {
      delayMs: 10 + scene.random.whole(100),
      jitterMs: 10,
      mayReorder: true,
      lossShare: scene.random.next() * 0.3,
      doubleShare: scene.random.next() * 0.5,
      corruptShare: scene.random.next() * 0.5,
    }),
} satisfies Record<string, Make>;

async function disturb({ rig }: Scene, traits: Partial<WireTraits>) {
  await rig.wire.disturb(traits);
  return async () => {
    await rig.wire.disturb(usual);
  };
}

/** That corrupt copies reached the programs is seen by their counters, unless one began anew meanwhile. */
async function corrupt(scene: Scene, traits: Partial<WireTraits>) {
  const { rig, referee } = scene;
  const before = await differing(scene);
  const { corrupted: corruptedBefore } = await rig.wire.disturb(traits);
  return async () => {
    const { corrupted } = await rig.wire.disturb(usual);
    referee.tallies.corrupted += corrupted - corruptedBefore;
    const after = await differing(scene);
    if (before !== undefined && after !== undefined && after > before)
      referee.tallies.differing += after - before;
  };
}

/** Of both programs; undefined when one of them does not answer. */
async function differing({ rig }: Scene): Promise<number | undefined> {
  const counts = await Promise.all([getMetrics(rig.host('client')), getMetrics(rig.host('server'))]);
  if (counts.some((metrics) => metrics === undefined)) return undefined;
  return counts.reduce((sum, metrics) => sum + metrics!.sumOf('differing_packets'), 0);
}
