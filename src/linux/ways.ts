/**
 * A server's ways back to its clients: for each path the address that its datagrams come from, the local one that
 * they come to, and the socket of the interface they come in by. They change as the datagrams do, and go along when
 * a session changes over to another packet loop.
 */
import type { Counters } from '../net/index.ts';
import { answerFrom, answersFrom } from './answer-address.ts';
import { SOCKADDR_SPACE } from './constants.ts';
import { Destination } from './destination.ts';
import type { Egress } from './egress.ts';
import type { Receiver } from './receiver.ts';

/** A way as another packet loop gets it; undefined: the path has none. */
export type Way = Uint8Array | undefined;

export class Ways {
  readonly #egress: Egress;
  readonly #counters: Counters;
  readonly #destinations: (Destination | undefined)[];
  /** Send buffers that something is answered through. */
  readonly #inUse = () => new Set(this.#destinations.map((way) => (way === undefined ? 0 : bufferOf(way))));

  /** @param destinations by path; shared, who sends reads them there */
  constructor(egress: Egress, counters: Counters, destinations: (Destination | undefined)[]) {
    this.#egress = egress;
    this.#counters = counters;
    this.#destinations = destinations;
  }

  /** A path leads to the sender of a message. Where to answer from follows with the rest of the batch. */
  learn(path: number, { names }: Receiver, message: number): void {
    const { listening } = this.#egress;
    const destination = new Destination(listening.fd, path, this.#counters.pathBlock(path));
    const name = message * SOCKADDR_SPACE;
    destination.name.bytes.set(names.bytes.subarray(name, name + SOCKADDR_SPACE));
    destination.nameLength = listening.sockaddrLength;
    this.#destinations[path] = destination;
  }

  /** Answers leave from the address, and by the interface, that the path's last datagram came to. */
  follow({ batch, local }: Receiver, messages: number): void {
    for (let message = 0; message < messages; message++) {
      const destination = this.#destinations[batch.path[message]!];
      if (destination === undefined || answersFrom(destination, local, message)) continue;
      answerFrom(destination, local, message);
      destination.interfaceIndex = local.interfaceIndex[message]!;
      this.#answerBy(destination);
    }
  }

  /** Answers that may find nobody wait in a buffer of their own. */
  setApart(path: number, isApart: boolean): void {
    const destination = this.#destinations[path];
    if (destination === undefined) return;
    destination.isApart = isApart;
    this.#answerBy(destination);
  }

  /** Gives up the ways of these paths, for `adopt` of another loop. */
  release(paths: readonly number[]): Way[] {
    const ways = paths.map((path) => this.#destinations[path]?.toBytes());
    for (const path of paths) this.#destinations[path] = undefined;
    return ways;
  }

  adopt(paths: readonly number[], ways: readonly Way[]): void {
    for (const [i, path] of paths.entries()) {
      const way = ways[i];
      if (way === undefined) continue;
      const block = this.#counters.pathBlock(path);
      const destination = Destination.fromBytes(way, this.#egress.listening.fd, path, block);
      this.#answerBy(destination);
      this.#destinations[path] = destination;
    }
  }

  /** Each interface has a socket of its own, and one for what may find nobody. */
  #answerBy(destination: Destination): void {
    if (destination.interfaceIndex === 0) return;
    destination.fd = this.#egress.descriptorFor(bufferOf(destination), this.#inUse);
  }
}

/** Whose send buffer it takes, as Egress has it: of its interface, or of that for what may find nobody. */
function bufferOf({ interfaceIndex, isApart }: Destination): number {
  return isApart ? -interfaceIndex : interfaceIndex;
}
