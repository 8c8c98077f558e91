/**
 * What a relay may do with copies, kept as plain sets: it may drop a datagram only if an identical one was passed
 * on, and within a second it must, if nothing with the same header came in between.
 */

import { Broken } from './broken.ts';
import type { Datagram } from './paper-wireguard.ts';

/** As relay/recent-packets.ts has it. */
const WINDOW_MS = 999.9;
const RING_BYTES = 2 << 20;
const COOKIE_REPLY = 3;

interface Latest {
  id: string;
  /** Where it went: a socket, which stands for the session. */
  place: object;
  /** When the first of this header was passed on. */
  firstMs: number;
  /** Bytes that came before it. */
  atBytes: number;
  /** Addresses that brought exactly this, in this window. */
  readonly from: Set<string>;
}

export class Copies {
  readonly #deduplicates: boolean;
  readonly #recognises: boolean;
  readonly #passed = new Map<string, object>();
  readonly #latest = new Map<string, Latest>();
  #bytes = 0;
  /** `#bytes` when something came whose header no genuine packet has: it may share another's record. */
  #strangeAtBytes = 0;

  /** @param recognises it has memory to compare with */
  constructor(deduplicates: boolean, recognises: boolean) {
    this.#deduplicates = deduplicates;
    this.#recognises = deduplicates && recognises;
  }

  /** Whether it may be dropped as a copy. */
  isCopy({ id }: Datagram): boolean {
    return this.#deduplicates && this.#passed.has(id);
  }

  /** Where an identical one went. */
  placeOf({ id }: Datagram): object | undefined {
    return this.#passed.get(id);
  }

  /** The relay has decided: on to `place`, or dropped as a copy. Returns who else brought it lately. */
  decided(datagram: Datagram, from: string, place: object | undefined, nowMs: number): ReadonlySet<string> {
    const { id, bytes } = datagram;
    this.#bytes += bytes.length;
    if (place === undefined && !this.isCopy(datagram)) {
      throw new Broken(
        'drops only copies',
        `${describe(datagram)} was dropped, and no identical one passed on`,
      );
    }
    const header = id.slice(4, 16);
    const latest = this.#latest.get(header);
    if (latest === undefined && datagram.made === undefined) this.#strangeAtBytes = this.#bytes;
    if (place !== undefined) {
      this.#passed.set(id, place);
      const isAgain = latest?.id === id && latest.place === place && this.#isKept(latest);
      if (isAgain && this.#recognises && bytes[0] !== COOKIE_REPLY) {
        throw new Broken('ends late copies', `${describe(datagram)} was passed on twice within a second`);
      }
    }
    // Passed on again, its record may have been another's meanwhile: then nobody remembers who brought it before.
    const isRemembered = place === undefined || (latest !== undefined && this.#isKept(latest));
    if (latest?.id === id && (place ?? latest.place) === latest.place && isRemembered)
      return latest.from.add(from);
    if (place === undefined) return new Set();
    const firstMs = latest?.place === place ? latest.firstMs : nowMs;
    const fresh = { id, place, firstMs, atBytes: this.#bytes - bytes.length, from: new Set([from]) };
    this.#latest.set(header, fresh);
    return fresh.from;
  }

  /** What is a second old is forgotten. */
  tick(nowMs: number): void {
    for (const [header, { firstMs }] of this.#latest) {
      if (nowMs - firstMs >= WINDOW_MS) this.#latest.delete(header);
    }
  }

  #isKept({ atBytes }: Latest): boolean {
    return this.#bytes - atBytes < RING_BYTES - 2 ** 17 && this.#strangeAtBytes <= atBytes;
  }
}

/** Type, index and length of a datagram, for messages. */
export function describe({ bytes, made }: Datagram): string {
  if (bytes.length < 16) return `a datagram of ${bytes.length} bytes`;
  const what = `type ${bytes[0]}, index ${bytes.readUInt32LE(4)}, then ${bytes.readBigUInt64LE(8)}, ${bytes.length} bytes`;
  return `${made === undefined ? 'forged' : 'genuine'} (${what})`;
}
