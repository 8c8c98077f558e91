/** All that is known of one session, on its way from one packet loop to another of the same server. */
import type { LossState } from './loss-window.ts';

/** In the place of a session's number. */
export const NO_SESSION = -1;

export interface PathState {
  readonly path: number;
  readonly slot: number;
  /** Something has come on it since it joined. */
  readonly isHeard: boolean;
  /** Its address, as src/net/address.ts has it. */
  readonly words: Uint32Array;
  readonly credit: number;
  readonly lastInMs: number;
  readonly openedMs: number;
}

export interface SessionState {
  readonly session: number;
  readonly isConfirmed: boolean;
  readonly lastInMs: number;
  readonly answeredMs: number;
  readonly openedMs: number;
  readonly paths: readonly PathState[];
  /** Oldest first. */
  readonly indices: readonly number[];
  readonly hosts: Uint32Array;
  readonly losses: LossState;
  /** Packets whose fate is not settled yet, as src/relay/recent-packets.ts has them. */
  readonly recent: Int32Array;
  /** The engine's part: its socket towards WireGuard, and where answers go. */
  readonly released: unknown;
}
