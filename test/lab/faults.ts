/**
 * What can happen to a path: cut, address lost, silently blackholed, lossy, slow. Each fault can be undone,
 * and is written down with its time, so that a lost packet can be laid beside what was being done.
 *
 * Drops happen where packets *arrive* (nftables, prerouting): the sender gets no error, as with a real link.
 * Only UDP is dropped: ARP and neighbour discovery go on, else the kernel would notice after a while.
 */
import type { Namespace } from './namespace.ts';
import { interfaceName, pathAddress, type Side, sides, type Topology } from './topology.ts';

export interface FaultEvent {
  /** Unix time in milliseconds, taken before the fault is made or undone. */
  readonly atMs: number;
  readonly what: string;
}

/** Faults on the paths of one topology. */
export class Faults {
  /** All that was done, oldest first. */
  readonly events: FaultEvent[] = [];
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  /** Sets one end's link down; the other end sees its carrier go. */
  async cut(path: number, side: Side = 'client'): Promise<void> {
    this.#note(`cut path ${path} at the ${side}`);
    await this.#topology.host(side).ip(`link set ${interfaceName(side, path)} down`);
  }

  /** Undoes `cut`: link up, addresses and routes back. */
  async restore(path: number, side: Side = 'client'): Promise<void> {
    this.#note(`restore path ${path} at the ${side}`);
    await this.#topology.bringUp(path, side);
  }

  /** Takes the client's addresses from the path's interface; the link stays up. */
  async removeAddress(path: number): Promise<void> {
    this.#note(`remove the address of path ${path}`);
    const name = interfaceName('client', path);
    await this.#topology.client.ip(
      `addr del ${pathAddress('client', path).ipv4}/24 dev ${name}`,
      `addr del ${pathAddress('client', path).ipv6}/64 dev ${name}`,
    );
  }

  /** Undoes `removeAddress`, routes included. */
  async restoreAddress(path: number): Promise<void> {
    this.#note(`restore the address of path ${path}`);
    await this.#topology.bringUp(path, 'client');
  }

  /** Lets packets vanish in both directions without any error. */
  async blackhole(path: number): Promise<void> {
    this.#note(`blackhole path ${path}`);
    await this.#drop(path, '');
  }

  /** Loses so many of 1,000 packets in each direction. A segmented super-packet is lost as a whole. */
  async lose(path: number, permille: number): Promise<void> {
    this.#note(`lose ${permille} of 1,000 on path ${path}`);
    await this.#drop(path, `numgen random mod 1000 < ${permille}`);
  }

  /** Undoes `blackhole` and `lose`. */
  async clear(path: number): Promise<void> {
    this.#note(`clear path ${path}`);
    for (const side of sides) await nft(this.#topology.host(side), emptyTable(interfaceName(side, path)));
  }

  /** Throttles both directions to the rate, with a queue of so many bytes in front (tc-tbf). */
  async slow(path: number, kilobitsPerSecond: number, queueBytes = 30_000): Promise<void> {
    this.#note(`slow path ${path} to ${kilobitsPerSecond} kbit/s`);
    for (const side of sides) {
      const filter = ['rate', `${kilobitsPerSecond}kbit`, 'burst', '10000', 'limit', `${queueBytes}`];
      await this.#tc(side, 'replace', path, ['tbf', ...filter]);
    }
  }

  /** Undoes `slow`. */
  async speedUp(path: number): Promise<void> {
    this.#note(`speed up path ${path}`);
    for (const side of sides) await this.#tc(side, 'delete', path, []);
  }

  /** Sets the MTU of both ends in bytes. */
  async setMtu(path: number, mtu: number): Promise<void> {
    this.#note(`set the MTU of path ${path} to ${mtu}`);
    for (const side of sides) {
      await this.#topology.host(side).ip(`link set ${interfaceName(side, path)} mtu ${mtu}`);
    }
  }

  #note(what: string): void {
    this.events.push({ atMs: Date.now(), what });
  }

  async #drop(path: number, share: string): Promise<void> {
    for (const side of sides) {
      const name = interfaceName(side, path);
      // A closing brace must follow a line's end.
      const rule = `iifname "${name}" meta l4proto udp ${share} counter drop`;
      const chain = `chain arriving { type filter hook prerouting priority raw; ${rule}\n}`;
      await nft(this.#topology.host(side), `${emptyTable(name)}table inet fault_${name} { ${chain}\n}\n`);
    }
  }

  async #tc(side: Side, action: string, path: number, rest: string[]): Promise<void> {
    const device = ['dev', interfaceName(side, path)];
    await this.#topology.host(side).run('tc', ['qdisc', action, ...device, 'root', ...rest]);
  }
}

/** nftables has no "delete if there": declare, then delete. One transaction, so that no packet slips through. */
function emptyTable(name: string): string {
  return `table inet fault_${name} {}\ndelete table inet fault_${name}\n`;
}

async function nft(host: Namespace, commands: string): Promise<void> {
  await host.run('nft', ['-f', '-'], { input: commands });
}
