/**
 * What the control thread and the packet loop's thread say to each other. Requests carry a number and are
 * answered with it; everything else is told once. Numbers that change per packet go through shared memory
 * (net/counters.ts) instead.
 */
import type { CountersShape, Fault, Notice, PathSpec, Side, SocketAddress } from '../net/index.ts';
import type { AdmissionLimits } from '../relay/index.ts';
import type { EngineWish } from './engine-wish.ts';
import type { LoopLines } from './lines.ts';

/** What a thread is begun with. */
export interface LoopPreparation {
  readonly engine: EngineWish;
  /** One Int32; not 0: end, whatever else is waiting. For a process that is about to exit. */
  readonly stopFlag: SharedArrayBuffer;
}

export interface LoopSettings {
  readonly maxDatagramBytes: number;
  readonly protocol: 'wireguard' | 'any';
  readonly deduplicate: boolean;
  /** Spin instead of sleeping while packets flow, where the engine can. */
  readonly lowLatency: boolean;
  readonly maxPathsPerSession: number;
  /** Places in the counters. */
  readonly shape: CountersShape;
  /** Set on a server: sessions and paths come from the traffic. */
  readonly admission?: AdmissionLimits;
  /** The server's WireGuard's public key, 32 bytes: initiations must be made for it. */
  readonly wireguardPublicKey?: Uint8Array;
}

/** The first message to the thread: what it is to carry. */
export interface LoopStart {
  readonly settings: LoopSettings;
  readonly counters: SharedArrayBuffer;
  /** Absent: it is the only one. */
  readonly loops?: LoopLines;
}

export type LoopRequest =
  | { readonly do: 'listen'; readonly id: number; readonly side: Side; readonly address: SocketAddress }
  | {
      readonly do: 'open-path';
      readonly id: number;
      readonly path: number;
      readonly slot: number;
      readonly spec: PathSpec;
    }
  | { readonly do: 'close-path'; readonly path: number }
  | { readonly do: 'set-upstream'; readonly address: SocketAddress }
  | { readonly do: 'retry' }
  | { readonly do: 'stop' };

export type LoopMessage =
  /** First of all. `wakeFd`: write a count of 1 there after every request; absent: it listens by itself. */
  | { readonly is: 'ready'; readonly engine: string; readonly wakeFd?: number; readonly fallback?: string }
  | { readonly is: 'answer'; readonly id: number; readonly result: SocketAddress | Fault }
  | {
      readonly is: 'path-learned';
      readonly path: number;
      readonly session: number;
      readonly slot: number;
      readonly address: SocketAddress;
    }
  | { readonly is: 'path-forgotten'; readonly path: number; readonly session: number }
  | { readonly is: 'session-confirmed' | 'session-closed'; readonly session: number }
  | { readonly is: 'notice'; readonly notice: Notice };
