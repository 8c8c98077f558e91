/**
 * A client: WireGuard, the relay, and links that come, go and get other addresses. Holds its relay to sending
 * everything to every open path, and to passing on whatever a path brings but copies.
 */
import { type Batch, Counters, DROP } from '../../src/net/index.ts';
import { ONLY_SESSION, Relay } from '../../src/relay/index.ts';
import type { Clock } from '../simnet/clock.ts';
import { fill } from '../sockets/datagrams.ts';
import type { Address } from './addresses.ts';
import { Broken } from './broken.ts';
import { Copies, describe } from './copies.ts';
import type { Datagram, PaperPeer } from './paper-wireguard.ts';
import type { Setup } from './schedule.ts';

const PATHS = 8;
const NO_PATH = -1;

export interface ClientLink {
  address: Address;
  /** The number of its open path. */
  path: number;
}

export class ModelClient {
  readonly number: number;
  readonly peer: PaperPeer;
  readonly links: readonly ClientLink[];
  /** Carries what the relay sends by a link. */
  send: (link: number, datagram: Datagram) => void = () => {};
  readonly #clock: Clock;
  readonly #setup: Setup;
  readonly #batch: Batch;
  #relay: Relay;
  #copies: Copies;
  #nextPath = 0;
  /** Addresses its links have had. */
  readonly addresses = new Set<string>();

  constructor(
    number: number,
    peer: PaperPeer,
    addresses: readonly Address[],
    clock: Clock,
    setup: Setup,
    batch: Batch,
  ) {
    this.number = number;
    this.peer = peer;
    this.links = addresses.map((address) => ({ address, path: NO_PATH }));
    this.#clock = clock;
    this.#setup = setup;
    this.#batch = batch;
    peer.transmit = (datagram) => this.#fromWireguard(datagram);
    [this.#relay, this.#copies] = this.#newRelay();
    for (const link of this.links.keys()) this.open(link);
  }

  restart(): void {
    const open = this.links.map(({ path }) => path !== NO_PATH);
    [this.#relay, this.#copies] = this.#newRelay();
    for (const [i, link] of this.links.entries()) {
      link.path = NO_PATH;
      if (open[i]) this.open(i);
    }
  }

  tick(): void {
    this.#relay.tick(this.#clock.nowMs);
  }

  isOpen(link: number): boolean {
    return this.links[link]!.path !== NO_PATH;
  }

  /** The interface is there, or was made anew: a new socket takes over before the old one is closed. */
  open(link: number): void {
    const it = this.links[link]!;
    const before = it.path;
    do this.#nextPath = (this.#nextPath + 1) % PATHS;
    while (this.links.some(({ path }) => path === this.#nextPath));
    if (!this.#relay.openPath(this.#nextPath, link)) throw new Broken('books', `link ${link} gets no place`);
    it.path = this.#nextPath;
    if (before !== NO_PATH) this.#relay.closePath(before);
  }

  close(link: number): void {
    this.#relay.closePath(this.links[link]!.path);
    this.links[link]!.path = NO_PATH;
  }

  /** A link brings something. */
  arrive(link: number, datagram: Datagram): void {
    const { path, address } = this.links[link]!;
    if (path === NO_PATH) return;
    const { bytes } = datagram;
    const batch = fill(this.#batch, [{ datagrams: [bytes], path }]);
    this.#relay.fromNetwork(batch.at(this.#clock.nowMs));
    this.#relay.rest();
    const isPassed = batch.to[0] !== DROP;
    if (!isPassed && isMisshapen(bytes)) return;
    this.#copies.decided(datagram, address.key, isPassed ? this.#relay : undefined, this.#clock.nowMs);
    if (batch.bytes.compare(bytes, 0, bytes.length, 0, bytes.length) !== 0) {
      throw new Broken('byte-identical', `${describe(datagram)} was changed`);
    }
    if (isPassed) this.peer.receive(datagram, () => {});
  }

  #fromWireguard(datagram: Datagram): void {
    const relay = this.#relay;
    const batch = fill(this.#batch, [{ datagrams: [datagram.bytes] }]);
    relay.fromWireguard(ONLY_SESSION, batch.at(this.#clock.nowMs));
    const targets = [...relay.targets.subarray(0, relay.targetCount)].sort();
    const open = this.links.map(({ path }) => path).filter((path) => path !== NO_PATH);
    if (targets.join() !== open.sort().join() || batch.to[0] === DROP) {
      throw new Broken('a copy on every path', `${describe(datagram)} goes to ${targets}, open are ${open}`);
    }
    for (const path of targets) {
      const link = this.links.findIndex((it) => it.path === path);
      this.send(link, datagram);
    }
  }

  #newRelay(): [Relay, Copies] {
    const { deduplicate, keep } = this.#setup;
    const relay = new Relay({
      counters: Counters.forPaths(PATHS),
      maxDatagramBytes: 65_300,
      maxPathsPerSession: 31,
      deduplicate,
      protocol: 'wireguard',
    });
    return [relay, new Copies(deduplicate, keep !== 'none')];
  }
}

/** Not a message of WireGuard's (white paper, section 5.4). */
function isMisshapen(bytes: Buffer): boolean {
  if (bytes.length < 32 || bytes.length > 65_300 || bytes.readUIntBE(1, 3) !== 0) return true;
  const lengths: Record<number, number> = { 1: 148, 2: 92, 3: 64 };
  return bytes[0] !== 4 && lengths[bytes[0]!] !== bytes.length;
}
