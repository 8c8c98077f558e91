/**
 * What the client adds to a packet's way: the time from sending it to the arrival of the first of three copies,
 * less the median of what the same packets need to the sink without a relay. Packets are evenly spaced, so that
 * none waits for another before it reaches the relay.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Contestant,
  contestants,
  LOW_LATENCY,
  type Relay,
  SINK_PORT,
  startRelay,
} from '../contestants.ts';
import { carry, type Load } from '../load.ts';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';

const RATES = [1_000, 10_000, 50_000];
const PATHS = 3;
const LENGTH_BYTES = 1400;
const FIRST_WARM_S = 1;
const WARM_S = 0.3;
/** After its load the one that never sleeps still spins for a second, on the core of the others. */
const SPUN_OUT_MS = 1_200;
/** At 1,000 packets/s a p99.9 needs some. */
const FEWEST_PACKETS = 4_000;

const FIGURES = {
  p50: 'delay added p50, µs',
  p99: 'delay added p99, µs',
  p999: 'delay added p99.9, µs',
  max: 'delay added max, µs',
} as const;

export async function measureDelay(options: Options): Promise<Findings> {
  const notebook = new Notebook('delay');
  for (let round = 0; round < options.rounds; round++) {
    const all: readonly Contestant[] = [...contestants, LOW_LATENCY];
    const order = all.map((_, i) => all[(i + round) % all.length]!);
    const relays = await Promise.all(order.map((name) => startRelay(name, 'client', PATHS)));
    try {
      for (const relay of relays) await carry(relay, { ...loadOf(10_000), warmSeconds: FIRST_WARM_S });
      await sleep(SPUN_OUT_MS);
      for (const rate of RATES) {
        const seconds = Math.max(options.seconds, options.isQuick ? 0 : FEWEST_PACKETS / rate);
        const direct = await carry(withoutRelay, { ...loadOf(rate), seconds, paths: 1 });
        for (const [i, relay] of relays.entries()) {
          const { delaysUs, lossPercent } = await carry(relay, { ...loadOf(rate), seconds });
          if (order[i] === LOW_LATENCY) await sleep(SPUN_OUT_MS);
          const added = (delayUs: number) => delayUs - direct.delaysUs.p50;
          notebook.note(whatOf(rate), order[i]!, {
            [FIGURES.p50]: [added(delaysUs.p50), 'less'],
            [FIGURES.p99]: [added(delaysUs.p99), 'less'],
            [FIGURES.p999]: [added(delaysUs.p999), 'less'],
            [FIGURES.max]: [added(delaysUs.max), 'neither'],
            'loss, %': [lossPercent, 'neither'],
          });
        }
      }
    } finally {
      for (const relay of relays) await relay.stop();
    }
    options.progress(`delay: round ${round + 1} of ${options.rounds}`);
  }
  notebook.wantRatio(whatOf(10_000), FIGURES.p50, ['linux', 'ceiling'], { atMost: 1.15 });
  notebook.wantRatio(whatOf(10_000), FIGURES.p999, ['linux', 'ceiling'], { atMost: 1.5 });
  return notebook.findings;
}

/** The load's own sink: nothing between. Whose processor time is taken doesn't matter. */
const withoutRelay: Relay = { pid: process.pid, port: SINK_PORT, stop: async () => {} };

function loadOf(packetsPerSecond: number): Load {
  const shape = {
    role: 'client',
    paths: PATHS,
    lengthBytes: LENGTH_BYTES,
    pace: 'even',
    takes: 'runs',
  } as const;
  return { ...shape, packetsPerSecond, warmSeconds: WARM_S, seconds: 0.1 };
}

function whatOf(packetsPerSecond: number): string {
  return `client, ${PATHS} paths, ${LENGTH_BYTES} bytes, ${packetsPerSecond}/s`;
}
