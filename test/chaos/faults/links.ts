/**
 * Links that stop, lose, fill up or shrink: cuts at either end, flaps, blackholes, loss, full queues, a smaller MTU.
 * What test/lab/faults.ts knows already is only put to use here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { interfaceName, type Side, sides } from '../../lab/topology.ts';
import { monotonicMs } from '../monotonic.ts';
import type { Make, Scene } from './fault.ts';

const linkMtu = 1_500;
const flapPauseMs = [10, 300] as const;

export const links = {
  'cut at the client': (scene) => cut(scene, 'client'),
  'cut at the server': (scene) => cut(scene, 'server'),
  flaps,
  blackhole: async ({ rig, step }) => {
    await rig.faults.blackhole(Number(step.target));
    return () => rig.faults.clear(Number(step.target));
  },
  'blackhole upwards': (scene) => dropArriving(scene, 'server'),
  'blackhole downwards': (scene) => dropArriving(scene, 'client'),
  loss: async ({ rig, step, random }) => {
    await rig.faults.lose(Number(step.target), 20 + random.whole(700));
    return () => rig.faults.clear(Number(step.target));
  },
  // The queue drops what comes on top, and the sender isn't told.
  'queue full': (scene) => throttle(scene, 15_000 + scene.random.whole(30_000)),
  // The queue takes everything, so that the socket's send buffer fills up: out of socket memory.
  'send buffer full': (scene) => throttle(scene, 64_000_000),
  'smaller MTU': shrink,
} satisfies Record<string, Make>;

async function cut({ rig, step }: Scene, side: Side) {
  const path = Number(step.target);
  await rig.faults.cut(path, side);
  return () => rig.faults.restore(path, side);
}

async function flaps({ rig, step, random }: Scene) {
  const path = Number(step.target);
  const endMs = monotonicMs() + step.lastsMs;
  const [least, most] = flapPauseMs;
  do {
    const side = sides[random.whole(2)]!;
    await rig.faults.cut(path, side);
    await sleep(least + random.whole(most - least));
    await rig.faults.restore(path, side);
    await sleep(least + random.whole(most - least));
  } while (monotonicMs() < endMs);
  return undefined;
}

/** One direction only: what arrives at that side vanishes. */
async function dropArriving({ rig, step }: Scene, side: Side) {
  const path = Number(step.target);
  const name = interfaceName(side, path);
  const rule = `iifname "${name}" meta l4proto udp counter drop`;
  const chain = `chain arriving { type filter hook prerouting priority raw; ${rule}\n}`;
  await rig.topology
    .host(side)
    .run('nft', ['-f', '-'], { input: `table inet fault_${name} { ${chain}\n}\n` });
  return () => rig.faults.clear(path);
}

async function throttle({ rig, step, random }: Scene, queueBytes: number) {
  const path = Number(step.target);
  await rig.faults.slow(path, 50 + random.whole(400), queueBytes);
  return () => rig.faults.speedUp(path);
}

async function shrink({ rig, step, random }: Scene) {
  const path = Number(step.target);
  await rig.faults.setMtu(path, 700 + random.whole(700));
  return async () => {
    await rig.faults.setMtu(path, linkMtu);
    // Below 1280 the kernel took IPv6 away.
    for (const side of sides) await rig.topology.bringUp(path, side);
  };
}
