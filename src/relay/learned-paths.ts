/**
 * The server's paths: remote addresses that delivered a WireGuard-shaped datagram within the timeout.
 * An address that falls silent is forgotten and its place is free again.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  type Counters,
  type Outlets,
  readAddressWords,
  type SocketAddress,
  UNKNOWN_PATH,
} from '../net/index.ts';
import { AddressTable } from './address-table.ts';
import type { Relay } from './relay.ts';

export interface LearnedPathsOptions {
  readonly counters: Counters;
  /** Places for paths; with none free, a new address is dropped and counted in `pathsExhausted`. */
  readonly maxPaths: number;
  /** Silence after which an address is forgotten. */
  readonly timeoutMs: number;
  readonly relay: Relay;
  readonly outlets: Outlets;
  /** Told once per path, so that somebody can log or list it. */
  onLearned(path: number, address: SocketAddress): void;
  onForgotten(path: number): void;
}

export class LearnedPaths {
  readonly #options: LearnedPathsOptions;
  readonly #table: AddressTable;
  readonly #addresses: Uint32Array;
  readonly #free: number[];
  readonly #open = new Set<number>();

  constructor(options: LearnedPathsOptions) {
    this.#options = options;
    this.#table = new AddressTable(options.maxPaths);
    this.#addresses = new Uint32Array(options.maxPaths * ADDRESS_WORDS);
    this.#free = Array.from({ length: options.maxPaths }, (_, i) => options.maxPaths - 1 - i);
  }

  /** The path of a message's sender, learned if it is new; `UNKNOWN_PATH` when there is no place for it. */
  pathOf(batch: Batch, message: number): number {
    const path = this.#table.get(batch.source, message * ADDRESS_WORDS);
    return path >= 0 ? path : this.#learn(batch, message);
  }

  /** Forgets the addresses that have been silent for longer than the timeout. */
  expire(nowMs: number): void {
    const { counters, timeoutMs } = this.#options;
    for (const path of this.#open) {
      if (nowMs - counters.path(path, 'lastInMs') > timeoutMs) this.#forget(path);
    }
  }

  #learn(batch: Batch, message: number): number {
    const { relay, outlets, counters, onLearned } = this.#options;
    const path = this.#free.at(-1) ?? UNKNOWN_PATH;
    // With no place left the relay says no and counts it.
    if (!relay.openPath(path)) return UNKNOWN_PATH;
    this.#free.pop();
    const at = path * ADDRESS_WORDS;
    const from = message * ADDRESS_WORDS;
    this.#addresses.set(batch.source.subarray(from, from + ADDRESS_WORDS), at);
    this.#table.set(this.#addresses, at, path);
    this.#open.add(path);
    counters.clearPath(path);
    outlets.learnPath(path, batch, message);
    onLearned(path, readAddressWords(this.#addresses, at));
    return path;
  }

  #forget(path: number): void {
    const { relay, outlets, onForgotten } = this.#options;
    this.#table.delete(this.#addresses, path * ADDRESS_WORDS);
    this.#open.delete(path);
    this.#free.push(path);
    relay.closePath(path);
    outlets.forgetPath(path);
    onForgotten(path);
  }
}
