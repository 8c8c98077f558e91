/**
 * The relay core: what WireGuard sends goes to every path of its session; what arrives on a path goes to
 * the session's WireGuard. Decides over whole batches, carries nothing out and knows no sockets: an engine
 * does that (net/engine.ts). Client and server are this same core; they differ in where paths come from:
 * opened by the control thread (client), or learned from the addresses that deliver (server).
 * Everything here runs per datagram: no allocation, no exception, no log.
 */
import { type Batch, type Counters, DROP, P, R, type RelayCore, UNKNOWN_PATH } from '../net/index.ts';
import { messageType } from '../wireguard/index.ts';
import type { LearnedPaths } from './learned-paths.ts';
import { SessionPaths } from './session-paths.ts';

/** The client's one session, and the server's as long as it serves one client. */
export const ONLY_SESSION = 0;

export interface RelayOptions {
  readonly counters: Counters;
  /** Longer datagrams are dropped and counted in `oversized…`. */
  readonly maxDatagramBytes: number;
  /** Paths the session may have; further ones are refused and counted in `pathsExhausted`. */
  readonly maxPaths: number;
}

export class Relay implements RelayCore {
  readonly targets: Int32Array;
  targetCount = 0;
  readonly #counters: Counters;
  readonly #values: Float64Array;
  readonly #maxDatagramBytes: number;
  readonly #paths: SessionPaths;
  /** The server's way of finding paths; a client has none and drops what comes on no path of its own. */
  #learned: LearnedPaths | undefined;

  constructor({ counters, maxDatagramBytes, maxPaths }: RelayOptions) {
    this.#counters = counters;
    this.#values = counters.values;
    this.#maxDatagramBytes = maxDatagramBytes;
    this.#paths = new SessionPaths(1, maxPaths);
    this.targets = this.#paths.targets;
  }

  /** Makes this a server's core: addresses that deliver become paths. */
  learnFrom(learned: LearnedPaths): void {
    this.#learned = learned;
  }

  /** Starts sending to `path`. False when all places are taken. */
  openPath(path: number): boolean {
    if (this.#paths.add(ONLY_SESSION, path)) return true;
    this.#values[R.pathsExhausted]!++;
    return false;
  }

  closePath(path: number): void {
    this.#paths.remove(ONLY_SESSION, path);
  }

  fromWireguard(session: number, batch: Batch, nowMs: number): void {
    const values = this.#values;
    let packets = 0;
    let bytes = 0;
    for (let i = 0; i < batch.count; i++) {
      const length = batch.length[i]!;
      batch.to[i] = session;
      if (length > this.#maxDatagramBytes) {
        values[R.oversizedFromWireguard]!++;
        batch.to[i] = DROP;
      } else if (messageType(batch.view, batch.offset[i]!, length) === 0) {
        values[R.malformedFromWireguard]!++;
        batch.to[i] = DROP;
      } else {
        packets++;
        bytes += length;
      }
    }
    this.targetCount = 0;
    if (packets === 0) return;
    values[R.wireguardInPackets]! += packets;
    values[R.wireguardInBytes]! += bytes;
    values[R.lastWireguardInMs] = nowMs;
    this.targetCount = this.#paths.rotate(session);
    if (this.targetCount === 0) values[R.noPath]! += packets;
  }

  fromNetwork(batch: Batch, nowMs: number): void {
    const values = this.#values;
    let message = -1;
    let path = UNKNOWN_PATH;
    for (let i = 0; i < batch.count; i++) {
      const length = batch.length[i]!;
      batch.to[i] = DROP;
      if (length > this.#maxDatagramBytes) {
        values[R.oversizedFromNetwork]!++;
        continue;
      }
      if (messageType(batch.view, batch.offset[i]!, length) === 0) {
        values[R.malformedFromNetwork]!++;
        continue;
      }
      if (batch.message[i] !== message) {
        message = batch.message[i]!;
        path = this.#pathOf(batch, message);
      }
      if (path === UNKNOWN_PATH) continue;
      const block = this.#counters.pathBlock(path);
      values[block + P.inPackets]!++;
      values[block + P.inBytes]! += length;
      values[block + P.lastInMs] = nowMs;
      batch.to[i] = ONLY_SESSION;
    }
  }

  tick(nowMs: number): void {
    this.#learned?.expire(nowMs);
  }

  #pathOf(batch: Batch, message: number): number {
    const known = batch.path[message]!;
    if (known !== UNKNOWN_PATH || this.#learned === undefined) return known;
    const path = this.#learned.pathOf(batch, message);
    batch.path[message] = path;
    return path;
  }
}
