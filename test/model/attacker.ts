/**
 * Somebody who sees each client's first link, both ways, and sends what he likes from where he likes; and strangers,
 * who know nothing. What he makes is never by chance what a WireGuard made: it ends in a number of his.
 */
import { mac1Of } from '../../src/wireguard/index.ts';
import { type Datagram, datagramOf } from './paper-wireguard.ts';
import type { Step } from './schedule.ts';

const SEEN_AT_MOST = 64;
const CROWD_BYTES = 65_000;
const COUNTERS = [0n, 7n, 9_999n, 2n ** 32n, 2n ** 53n + 2n, 2n ** 64n - 1n];
const LENGTHS: Record<number, number> = { 1: 148, 2: 92, 3: 64 };

interface Seen {
  readonly datagram: Datagram;
  readonly client: number;
}

export class Attacker {
  readonly #mac1Key: Uint8Array | undefined;
  readonly #seen: Seen[] = [];
  #serial = 0;

  constructor(mac1Key: Uint8Array | undefined) {
    this.#mac1Key = mac1Key;
  }

  sees(datagram: Datagram, client: number): void {
    if (this.#seen.length === SEEN_AT_MOST) this.#seen.shift();
    this.#seen.push({ datagram, client });
  }

  /** What he sends in this step: of or like what he saw. */
  make({ what, nth, count }: Step & { do: 'attack' }): Seen[] {
    const made: Seen[] = [];
    for (let i = 0; i < count && this.#seen.length > 0; i++) {
      const at = what === 'replay' ? nth + i : nth;
      const { datagram, client } = this.#seen[this.#seen.length - 1 - (at % this.#seen.length)]!;
      made.push({
        datagram: what === 'replay' ? datagram : this.#like(datagram.bytes, what, nth + i),
        client,
      });
    }
    return made;
  }

  noise({ type, index, counter, bytes }: Step & { do: 'noise' }): Datagram {
    const noise = Buffer.alloc(bytes > 0 ? bytes : (LENGTHS[type] ?? 32), type);
    if (noise.length >= 32 && type !== 0) {
      noise.writeUInt32LE(type, 0);
      noise.writeUInt32LE(index, 4);
      noise.writeBigUInt64LE(BigInt(counter), 8);
    }
    return datagramOf(noise);
  }

  /** A packet of the flood: like nothing that anybody sent. */
  stranger(what: (Step & { do: 'flood' })['what']): Datagram {
    const number = ++this.#serial;
    const type = what === 'data' ? 4 : 1;
    const bytes = Buffer.alloc(LENGTHS[type] ?? 32, 0xf1);
    bytes.writeUInt32LE(type, 0);
    bytes.writeUInt32LE(Math.imul(number, 0x85eb_ca6b) >>> 0, 4);
    bytes.writeUInt32LE(number, 8);
    if (what === 'proved') this.#prove(bytes);
    return datagramOf(bytes);
  }

  #like(original: Buffer, what: Exclude<(Step & { do: 'attack' })['what'], 'replay'>, i: number): Datagram {
    const index = original.readUInt32LE(4);
    const isHandshake = original[0] !== 4;
    const lengthBytes =
      what === 'initiation'
        ? 148
        : what === 'response'
          ? 92
          : what === 'crowd'
            ? CROWD_BYTES
            : what === 'length' && !isHandshake
              ? 32 + ((i * 16) % 1_400)
              : original.length;
    const bytes = Buffer.alloc(lengthBytes, 0xba);
    original.copy(bytes, 0, 0, Math.min(32, original.length, lengthBytes));
    if (what === 'counter') bytes.writeBigUInt64LE(COUNTERS[i % COUNTERS.length]!, 8);
    if (what === 'crowd') bytes.writeBigUInt64LE(2n ** 40n + BigInt(this.#serial), 8);
    if (what === 'initiation' || what === 'response') {
      bytes.writeUInt32LE(what === 'initiation' ? 1 : 2, 0);
      bytes.writeUInt32LE(this.#serial, what === 'initiation' ? 8 : 4);
      if (what === 'response') bytes.writeUInt32LE(index, 8);
    }
    bytes.writeUInt32LE(++this.#serial, 28);
    if (bytes[0] === 1) this.#prove(bytes);
    return datagramOf(bytes);
  }

  #prove(initiation: Buffer): void {
    if (this.#mac1Key !== undefined) initiation.set(mac1Of(this.#mac1Key, initiation), 116);
  }
}
