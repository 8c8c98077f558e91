/**
 * Picks the socket engine: Linux's own system calls where they can be reached, else node:dgram. The one
 * place that knows there is more than one engine.
 */
import { endianness } from 'node:os';
import {
  Counters,
  type Engine,
  type Neighbours,
  type Notice,
  type Outlets,
  PortableEngine,
  type RelayCore,
} from '../net/index.ts';
import { Relay } from '../relay/index.ts';
import type { EngineWish } from './engine-wish.ts';
import type { LoopLines } from './lines.ts';

export interface EngineNeeds {
  readonly core: RelayCore;
  readonly counters: Counters;
  readonly lowLatency: boolean;
  /** Absent: no other packet loop serves the same port. */
  readonly loops?: LoopLines | undefined;
  onNotice(notice: Notice): void;
  /** Called in the loop when another thread wrote to the engine's `wakeFd`. */
  onWake(): void;
}

export interface ChosenEngine {
  readonly engine: Engine;
  /** An engine that knows of the other packet loops, when there are any. */
  readonly neighbours?: Neighbours;
  /** For an engine that waits inside the kernel: how to wake it. */
  readonly wakeFd?: number;
  /** Why the fast engine was not taken, when it was wanted. */
  readonly fallback?: string;
}

/** How long the loop is run on itself before the first real packet: most of what start-up takes. */
const REHEARSAL_MS = 120;

/** Processors whose structures are laid out as src/linux expects: 64 bits, little-endian. */
const ARCHITECTURES = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Makes the engine. @throws when it cannot be had */
export type EngineMaker = (needs: EngineNeeds) => ChosenEngine;

/** Does what takes time and needs no settings: loads the engine's code and runs it in. */
export async function prepareEngine(wish: EngineWish): Promise<EngineMaker> {
  if (wish === 'portable') return (needs) => ({ engine: new PortableEngine(needs) });
  const makeLinux = await prepareLinux().catch((error: Error) => error);
  return (needs) => {
    try {
      if (makeLinux instanceof Error) throw makeLinux;
      return makeLinux(needs);
    } catch (error) {
      if (wish === 'linux') throw error;
      return { engine: new PortableEngine(needs), fallback: (error as Error).message };
    }
  };
}

/** @throws when this host is none for the Linux engine, or its native library doesn't load */
async function prepareLinux(): Promise<EngineMaker> {
  if (process.platform !== 'linux') throw new Error(`this is ${process.platform}, it needs Linux`);
  if (!ARCHITECTURES.includes(process.arch) || endianness() !== 'LE') {
    throw new Error(`this processor is ${process.arch}, it needs one of ${ARCHITECTURES.join(', ')}`);
  }
  const { giveBackFreedMemory, LinuxEngine, rehearse } = await import('../linux/index.ts');
  giveBackFreedMemory();
  await rehearse(rehearsalCores(), REHEARSAL_MS);
  return (needs) => {
    const engine = new LinuxEngine(needs);
    return { engine, wakeFd: engine.wakeFd, neighbours: engine };
  };
}

/** Two relays with everything switched on, and nothing that anybody hears of. */
function rehearsalCores() {
  const counters = Counters.forPaths(4);
  const options = {
    counters,
    maxDatagramBytes: 9216,
    maxPathsPerSession: 4,
    deduplicate: true,
    protocol: 'wireguard',
  } as const;
  const client = new Relay(options);
  client.openPath(0);
  client.openPath(1);
  const serverCore = new Relay(options);
  return {
    counters,
    client,
    serverCore,
    server: (outlets: Outlets) =>
      serverCore.serve({
        outlets,
        limits: { maxSessions: 1, maxUnconfirmedSessions: 1, newAddressesPerSecond: 9, pathTimeoutMs: 9_000 },
        onPathOpened: () => {},
        onPathClosed: () => {},
        onSessionConfirmed: () => {},
        onSessionClosed: () => {},
      }),
  };
}
