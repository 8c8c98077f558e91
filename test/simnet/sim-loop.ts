/**
 * One packet loop of the virtual server: a relay with the smallest engine there can be around it, one datagram per
 * batch. With several, what one loop tells or hands another arrives in order, after a while; sockets towards
 * WireGuard change hands as file descriptors do.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  type Counters,
  ELSEWHERE,
  formatAddress,
  type Neighbours,
  type Outlets,
  readAddressWords,
  type SocketAddress,
} from '../../src/net/index.ts';
import type { Relay } from '../../src/relay/index.ts';
import { fill, lastingBatch } from '../sockets/datagrams.ts';
import type { Clock } from './clock.ts';
import type { Upstream } from './wireguard-host.ts';

/** A loopback's delay. */
const LOCAL_MS = 0.02;
/** What one loop tells another, and hands over, takes up to this long. */
const BETWEEN_LOOPS_MS = 0.3;
const TICK_MS = 250;
const BATCH_BYTES = 1 << 17;

type Item =
  | { readonly is: 'note'; readonly note: unknown }
  | {
      readonly is: 'datagram';
      readonly datagram: Uint8Array;
      readonly address: SocketAddress;
      readonly told: number;
    };

/** What the loops of one server have in common. */
export interface Shared {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly keepBytes: number;
  readonly loops: SimLoop[];
  /** By path: its address, as `192.0.2.7:41234`. */
  readonly paths: Map<number, string>;
  /** Paths that nothing may wait for. */
  readonly apart: Set<number>;
  /** By index: the loop that the system delivers it to. */
  readonly steered: Map<number, number>;
  /** Below 1. */
  chance(): number;
  isDown(): boolean;
  toWireguard(datagram: Uint8Array, upstream: Upstream, session: number): void;
  toNetwork(datagram: Uint8Array, to: string): void;
}

/** A socket towards WireGuard. What comes while no loop has it waits, as in a socket's buffer. */
interface Socket extends Upstream {
  owner: SimLoop | undefined;
  readonly waiting: Uint8Array[];
}

export class SimLoop implements Outlets, Neighbours {
  relay!: Relay;
  readonly number: number;
  readonly upstreams = new Map<number, Socket>();
  readonly #shared: Shared;
  readonly #batch: Batch;
  readonly #inbox: Item[] = [];

  constructor(number: number, shared: Shared) {
    this.number = number;
    this.#shared = shared;
    this.#batch = lastingBatch(shared.keepBytes, BATCH_BYTES);
    shared.clock.every(TICK_MS, () => {
      if (!shared.isDown()) this.relay.tick(shared.clock.nowMs);
    });
  }

  receive(datagram: Uint8Array, from: SocketAddress, told?: number): void {
    const { clock } = this.#shared;
    const batch = fill(this.#batch, [{ datagrams: [datagram], from }]);
    batch.isHanded = told !== undefined;
    batch.told[0] = told ?? -1;
    this.relay.fromNetwork(batch.at(clock.nowMs));
    const session = batch.to[0]!;
    if (session === ELSEWHERE) {
      this.#send(batch.loop[0]!, { is: 'datagram', datagram, address: from, told: batch.told[0]! });
    }
    const upstream = this.upstreams.get(session);
    if (upstream !== undefined) this.#shared.toWireguard(datagram, upstream, session);
    this.relay.rest();
  }

  openUpstream(session: number): boolean {
    const { clock } = this.#shared;
    const socket: Socket = {
      owner: this,
      waiting: [],
      answer: (datagram) =>
        clock.after(LOCAL_MS, () => {
          if (socket.owner === undefined) socket.waiting.push(datagram);
          else if (socket.owner.upstreams.get(session) === socket) {
            socket.owner.#fromWireguard(datagram, session);
          }
        }),
    };
    this.upstreams.set(session, socket);
    return true;
  }

  closeUpstream(session: number): void {
    this.upstreams.delete(session);
  }

  learnPath(path: number, batch: Batch, message: number): void {
    this.#shared.paths.set(path, formatAddress(readAddressWords(batch.source, message * ADDRESS_WORDS)));
  }

  forgetPath(path: number): void {
    this.#shared.paths.delete(path);
    this.#shared.apart.delete(path);
  }

  setApart(path: number, isApart: boolean): void {
    if (isApart) this.#shared.apart.add(path);
    else this.#shared.apart.delete(path);
  }

  tell(loop: number, note: unknown): void {
    // As between threads: nothing of one loop's memory is ever another's.
    this.#send(loop, { is: 'note', note: structuredClone(note) });
  }

  release(session: number): unknown {
    const socket = this.upstreams.get(session)!;
    this.upstreams.delete(session);
    socket.owner = undefined;
    return keep(socket);
  }

  adopt(session: number, _paths: readonly number[], released: unknown): void {
    const socket = kept(released);
    this.upstreams.set(session, socket);
    socket.owner = this;
    for (const datagram of socket.waiting.splice(0)) socket.answer(datagram);
  }

  steer(indices: readonly number[], loops: readonly number[]): void {
    const { steered } = this.#shared;
    steered.clear();
    for (const [i, index] of indices.entries()) steered.set(index, loops[i]!);
  }

  #send(loop: number, item: Item): void {
    const { loops, clock, chance } = this.#shared;
    const to = loops[loop]!;
    // One inbox for each loop: of each sender's, order is kept, and more is not asked for.
    to.#inbox.push(item);
    clock.after(chance() * BETWEEN_LOOPS_MS, () => to.#takeOne());
  }

  #takeOne(): void {
    const item = this.#inbox.shift()!;
    if (this.#shared.isDown()) return;
    if (item.is === 'datagram') this.receive(item.datagram, item.address, item.told);
    else this.relay.hear(item.note, this.#shared.clock.nowMs);
    this.relay.rest();
  }

  #fromWireguard(datagram: Uint8Array, session: number): void {
    const { relay } = this;
    const { clock, paths, toNetwork } = this.#shared;
    relay.fromWireguard(session, fill(this.#batch, [{ datagrams: [datagram] }]).at(clock.nowMs));
    for (let i = 0; i < relay.targetCount; i++) {
      const to = paths.get(relay.targets[i]!);
      if (to === undefined) throw new Error(`The relay sends to path ${relay.targets[i]}, which is not open`);
      toNetwork(datagram, to);
    }
    relay.rest();
  }
}

/** Sockets stay where they are when their number changes hands. */
const sockets: Socket[] = [];

function keep(socket: Socket): number {
  return sockets.push(socket) - 1;
}

function kept(released: unknown): Socket {
  return sockets[released as number]!;
}
