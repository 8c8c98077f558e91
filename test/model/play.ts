/**
 * Plays a schedule, and then a while in which nothing bad happens any more, after which everything must work on every
 * link again, and at last everything end.
 */
import { Broken } from './broken.ts';
import type { ModelClient } from './model-client.ts';
import type { Schedule } from './schedule.ts';
import { World } from './world.ts';

/** How long all must be well before it is checked that everything works, 100 ms each, and how often it is then. */
const ROUNDS = 30;
const CHECKED_ROUNDS = 5;
/** Longer than anything is remembered (relay/admission.ts). */
const ALL_OVER_MS = 250_000;

/** @throws Broken when a promise is broken; anything else is a fault of its own */
export function play({ setup, steps }: Schedule): void {
  const world = new World(setup, steps);
  try {
    for (const step of steps) world.take(step);
    recover(world);
    endAll(world);
  } finally {
    world.release();
  }
}

/** From now on all is well: within a few seconds every link must carry everything both ways. */
function recover(world: World): void {
  world.run(6_000);
  // What an attacker has proved lasts for as long as he goes on; and where places are few, until his sessions end.
  if (world.setup.limits === 'tight') world.run(ALL_OVER_MS);
  else if (world.isAttacked) world.run(world.setup.clientTimeoutMs + 17_000);
  world.mend();
  const hears = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const client of world.clients) exchange(world, client, round, hears);
    world.run(100);
  }
}

/** And when nobody says anything any more nothing is kept. */
function endAll(world: World): void {
  world.run(ALL_OVER_MS);
  const { sessions, paths } = world.server;
  if (sessions + paths > 0) throw new Broken('all ends', `${sessions} sessions and ${paths} paths are left`);
}

/** Both sides say something; in the last rounds it must arrive, by every link. `hears`: clients that do. */
function exchange(world: World, client: ModelClient, round: number, hears: Set<number>): void {
  const peer = world.peers[client.number]!;
  const isReady = client.peer.isReady && peer.isReady && hears.has(client.number);
  // WireGuard's own timers do that: without an answer it asks for new keys.
  if (!isReady && round % 10 === 1) client.peer.initiate();
  if (!client.peer.isReady || !peer.isReady) {
    if (round < ROUNDS - CHECKED_ROUNDS) return;
    throw new Broken('recovers', `client ${client.number} gets no keys`);
  }
  const up = client.peer.send(40);
  const down = peer.send(40);
  world.clock.after(90, () => {
    if (peer.got.has(up.id) && client.peer.got.has(down.id)) hears.add(client.number);
    // Two clients in one session: a NAT's exchange, or somebody who was first with a handshake, see threat-model.md.
    if (round < ROUNDS - CHECKED_ROUNDS || world.server.isShared(client.number)) return;
    if (!peer.got.has(up.id))
      throw new Broken('recovers', `what client ${client.number} sends does not arrive`);
    if (!client.peer.got.has(down.id)) throw new Broken('recovers', `client ${client.number} gets no answer`);
    if (client.addresses.size > world.setup.maxPathsPerSession) return;
    const reached = world.server.reached[client.number]!;
    const missing = client.links.filter(({ address }) => !reached.has(address.key));
    if (missing.length > 0)
      throw new Broken(
        'recovers',
        `${missing.map((it) => it.address.key)} of client ${client.number} get nothing`,
      );
  });
}
