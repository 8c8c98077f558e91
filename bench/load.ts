/** Runs `ceiling/load.c` against a relay and reckons what a packet cost. */
import { LOAD_PORT, type Relay, type Role, sinkPorts, startLoad } from './contestants.ts';

export interface Load {
  readonly role: Role;
  readonly paths: number;
  readonly lengthBytes: number;
  /** 0: flat out. */
  readonly packetsPerSecond: number;
  /** `even`: each packet by itself when it is due; `bursts`: what is due each millisecond, segmented. */
  readonly pace: 'even' | 'bursts';
  /** How the sink receives: with receive offload, as the other relay does, or each packet by itself. */
  readonly takes: 'runs' | 'packets';
  readonly warmSeconds: number;
  readonly seconds: number;
}

export interface Carried {
  /** Different packets that came out, per second of the time that load was sent. */
  readonly packetsPerSecond: number;
  readonly lossPercent: number;
  /** Copies that came out per different packet. */
  readonly copies: number;
  /** Processor time of all the relay's threads, per different packet that came out. */
  readonly cpuUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  /** The part of one core that the relay used while load was sent. */
  readonly busy: number;
  readonly sleepsPerPacket: number;
  /** From sending to the arrival of the first copy. Zeros flat out. */
  readonly delaysUs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
}

/** What `load` prints. */
interface Printed {
  readonly sent: number;
  readonly unique: number;
  readonly uniqueInTime: number;
  readonly elapsedNs: number;
  readonly copies: readonly number[];
  readonly cpuNs: number;
  readonly busyNs: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly sleeps: number;
  readonly delaysNs?: Carried['delaysUs'];
}

export async function carry(relay: Relay, load: Load): Promise<Carried> {
  const { role, paths, lengthBytes, packetsPerSecond, warmSeconds, seconds } = load;
  const from = Array.from({ length: role === 'server' ? paths : 1 }, (_, i) => LOAD_PORT + i);
  const asked = [relay.pid, lengthBytes, packetsPerSecond, warmSeconds, seconds, relay.port, load.pace];
  const program = startLoad([...asked, from.join(), sinkPorts(role, paths).join(), load.takes]);
  const printed = JSON.parse(await program.line('sent')) as Printed;
  await program.ended;
  return reckon(printed);
}

function reckon(printed: Printed): Carried {
  const { unique, userTicks, systemTicks } = printed;
  const cpuUs = printed.cpuNs / 1000 / unique;
  const userShare = userTicks / Math.max(1, userTicks + systemTicks);
  const delays = printed.delaysNs ?? { p50: 0, p99: 0, p999: 0, max: 0 };
  return {
    packetsPerSecond: (printed.uniqueInTime * 1e9) / printed.elapsedNs,
    lossPercent: 100 * (1 - unique / printed.sent),
    copies: printed.copies.reduce((sum, count) => sum + count, 0) / unique,
    cpuUs,
    userUs: cpuUs * userShare,
    systemUs: cpuUs * (1 - userShare),
    busy: printed.busyNs / printed.elapsedNs,
    sleepsPerPacket: printed.sleeps / unique,
    delaysUs: {
      p50: delays.p50 / 1000,
      p99: delays.p99 / 1000,
      p999: delays.p999 / 1000,
      max: delays.max / 1000,
    },
  };
}
