/**
 * One way through one program: from WireGuard to the paths (client), or from the paths to WireGuard (server).
 * What a packet costs at two rates, and how many go through flat out. The ceiling has no duplicate filter: as a
 * server it passes on every copy, so ours may be cheaper than it there.
 */
import { contestants, type Relay, type Role, startRelay } from '../contestants.ts';
import { type Carried, carry, type Load } from '../load.ts';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';
import { inTurns, medianTurn } from '../turns.ts';

/** In runs as long as may be, where rates are high. One by one, as in a call, where they are low. */
const FLAT_OUT = { packetsPerSecond: 0, pace: 'bursts' } as const;
const STEADY = { packetsPerSecond: 30_000, pace: 'bursts' } as const;
const SLOW = { packetsPerSecond: 5_000, pace: 'even' } as const;
/**
 * What a server sends to is WireGuard. In the kernel, and in wireguard-go before 2023, it has no receive offload:
 * then the kernel cuts each run up before delivery, on the sender's account. Flat out both are measured.
 */
const LOADS = {
  client: [FLAT_OUT, STEADY, SLOW].map((rate) => ({ ...rate, takes: 'runs' }) as const),
  server: [
    ...[FLAT_OUT, STEADY, SLOW].map((rate) => ({ ...rate, takes: 'packets' }) as const),
    { ...FLAT_OUT, takes: 'runs' } as const,
  ],
};
type Rate = (typeof LOADS)[Role][number];

/** For code to be compiled, once per program; and for each load, so that it finds the program in its stride. */
const FIRST_WARM_S = 1;
const WARM_S = 0.2;
/** Flat out, where the figures are close: so many short turns instead of one, of which the median one counts. */
const TURNS = 3;

const CPU = 'CPU, µs/packet';
const PACKETS = 'packets/s';

export async function measureOneWay(options: Options): Promise<Findings> {
  const notebook = new Notebook('one-way');
  for (const role of options.roles) {
    for (const paths of options.paths) {
      for (let round = 0; round < options.rounds; round++) {
        await measureRound(notebook, options, role, paths, round);
        options.progress(`one-way: ${role}, ${paths} paths, round ${round + 1} of ${options.rounds}`);
      }
    }
  }
  state(notebook, options);
  return notebook.findings;
}

/** All contestants are there at the same time and take turns, another one first in each round. */
async function measureRound(notebook: Notebook, options: Options, role: Role, paths: number, round: number) {
  const order = contestants.map((_, i) => contestants[(i + round) % contestants.length]!);
  const relays = await Promise.all(order.map((name) => startRelay(name, role, paths)));
  const load = { role, paths, seconds: options.seconds };
  try {
    for (const relay of relays) {
      const warm = { ...LOADS[role][1]!, lengthBytes: 1400, warmSeconds: FIRST_WARM_S };
      await carry(relay, { ...load, ...warm, seconds: 0.1 });
    }
    for (const lengthBytes of options.lengths) {
      for (const rate of LOADS[role]) {
        const isFlatOut = rate.packetsPerSecond === 0;
        const whole = { ...load, ...rate, lengthBytes, warmSeconds: WARM_S };
        const carried = await carryInTurns(relays, whole, isFlatOut ? TURNS : 1);
        const what = whatOf(role, paths, lengthBytes, rate);
        for (const [i, one] of carried.entries()) notebook.note(what, order[i]!, figuresOf(one, isFlatOut));
      }
    }
  } finally {
    for (const relay of relays) await relay.stop();
  }
}

/** Shares the load's time out into so many turns. Returns each relay's median one, by what a packet cost. */
async function carryInTurns(relays: readonly Relay[], load: Load, turns: number): Promise<Carried[]> {
  const one = { ...load, seconds: load.seconds / turns };
  const carried = await inTurns(relays, turns, (relay) => carry(relay, one));
  return carried.map((all) => medianTurn(all, ({ cpuUs }) => cpuUs));
}

function figuresOf(carried: Carried, isFlatOut: boolean): Parameters<Notebook['note']>[2] {
  return {
    ...(isFlatOut && {
      [PACKETS]: [carried.packetsPerSecond, 'more'],
      // Less than all of it: something else than the relay was the limit.
      'flat out, busy, % of a core': [100 * carried.busy, 'neither'],
    }),
    [CPU]: [carried.cpuUs, 'less'],
    'of it user, µs/packet': [carried.userUs, 'neither'],
    'of it system, µs/packet': [carried.systemUs, 'neither'],
    // Flat out it is the load outrunning the relay.
    ...(!isFlatOut && { 'loss, %': [carried.lossPercent, 'neither'] }),
  };
}

function whatOf(role: Role, paths: number, lengthBytes: number, { packetsPerSecond, takes }: Rate): string {
  const rate = packetsPerSecond === 0 ? 'flat out' : `${packetsPerSecond}/s`;
  const offload = role === 'server' && takes === 'runs' ? ' to WireGuard with offload' : '';
  return `${role}, ${paths} path${paths === 1 ? '' : 's'}, ${lengthBytes} bytes, ${rate}${offload}`;
}

function state(notebook: Notebook, options: Options): void {
  const pair = ['linux', 'ceiling'] as const;
  for (const role of options.roles) {
    const [flatOut, , slow] = LOADS[role];
    const flat = whatOf(role, 3, 1400, flatOut!);
    if (role === 'client') notebook.wantRatio(flat, PACKETS, pair, { atLeast: 0.95 });
    notebook.wantRatio(flat, CPU, pair, { atMost: role === 'client' ? 1.1 : 1 });
    notebook.wantRatio(whatOf(role, 3, 1400, slow!), CPU, pair, { atMost: 1.35 });
  }
  // What a copy costs must not rise with the number of paths.
  const [fewest, most] = [options.paths[0]!, options.paths.at(-1)!];
  if (!options.roles.includes('client') || fewest === most) return;
  const perCopy = (paths: number) =>
    notebook
      .values(whatOf('client', paths, 1400, LOADS.client[0]!), CPU, 'linux')
      .map((value) => value / paths);
  const few = perCopy(fewest);
  notebook.want(
    `client, 1400 bytes, flat out: CPU per copy, ${most} paths / ${fewest}`,
    perCopy(most).map((value, round) => value / few[round]!),
    { atMost: 1 },
  );
}
