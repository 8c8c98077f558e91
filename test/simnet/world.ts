/**
 * A virtual network around one server: a clock, seeded chance, and the addresses that the server's datagrams
 * reach. No ports, no sleeps: everything happens when `clock.run()` lets it.
 */
import { formatAddress, type SocketAddress } from '../../src/net/index.ts';
import { Clock } from './clock.ts';
import type { LinkQuality } from './link.ts';
import { Random } from './random.ts';
import { type ClientSettings, SimClient } from './sim-client.ts';
import { type ServerSettings, SimServer } from './sim-server.ts';

export class World {
  readonly clock = new Clock();
  readonly random: Random;
  readonly server: SimServer;
  readonly clients: SimClient[] = [];
  readonly #addresses = new Map<string, (datagram: Uint8Array) => void>();

  constructor(settings: ServerSettings = {}, seed = 1) {
    this.random = new Random(seed);
    this.server = new SimServer(this.clock, settings);
    this.server.onSend = (to, datagram) => this.#addresses.get(to)?.(datagram);
  }

  attach(address: SocketAddress, arrive: (datagram: Uint8Array) => void): void {
    this.#addresses.set(formatAddress(address), arrive);
  }

  detach(address: SocketAddress): void {
    this.#addresses.delete(formatAddress(address));
  }

  addClient(settings: ClientSettings): SimClient {
    const client = new SimClient(this, settings);
    this.clients.push(client);
    return client;
  }

  /** A client whose handshake is done and whose addresses have all proved theirs. */
  addSettledClient(settings: ClientSettings): SimClient {
    const client = this.addClient(settings);
    client.sendUp();
    this.clock.run(500);
    client.talk(20, 500);
    this.clock.run(1_000);
    return client;
  }
}

/** Three links as they come in pairs of different kinds: cable, mobile, satellite. */
export const THREE_LINKS: readonly LinkQuality[] = [
  { delayMs: 8, jitterMs: 2 },
  { delayMs: 35, jitterMs: 30 },
  { delayMs: 60, jitterMs: 15 },
];

/** Links with addresses of their own: link `i` of client `n`. */
export function linksOf(client: number, qualities: readonly LinkQuality[] = THREE_LINKS) {
  return qualities.map((quality, i) => ({ ...quality, address: addressOf(client, i) }));
}

export function addressOf(client: number, link: number, port = 40_000): SocketAddress {
  return { address: `10.${link + 1}.${client >> 8}.${client & 255}`, port };
}
