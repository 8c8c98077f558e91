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
    const latest = this.#latestOf(header, nowMs);
    const isKept = latest !== undefined && this.#bytes - latest.atBytes < RING_BYTES - 2 ** 17;
    if (place !== undefined) {
      this.#passed.set(id, place);
      const isAgain = latest?.id === id && latest.place === place && isKept;
      if (isAgain && this.#recognises && bytes[0] !== COOKIE_REPLY) {
        throw new Broken('ends late copies', `${describe(datagram)} was passed on twice within a second`);
      }
    }
    if (latest?.id === id && (place ?? latest.place) === latest.place) {
      // With its bytes gone, nobody knows that it is the same.
      return place === undefined || isKept ? latest.from.add(from) : new Set([from]);
    }
    if (place === undefined) return new Set();
    const firstMs = latest?.place === place ? latest.firstMs : nowMs;
    const fresh = { id, place, firstMs, atBytes: this.#bytes - bytes.length, from: new Set([from]) };
    this.#latest.set(header, fresh);
    return fresh.from;
  }

  /** What is a second old is forgotten. */
  #latestOf(header: string, nowMs: number): Latest | undefined {
    const latest = this.#latest.get(header);
    return latest !== undefined && nowMs - latest.firstMs < WINDOW_MS ? latest : undefined;
  }
}

/** Type, index and length of a datagram, for messages. */
export function describe({ bytes, made }: Datagram): string {
  if (bytes.length < 16) return `a datagram of ${bytes.length} bytes`;
  const what = `type ${bytes[0]}, index ${bytes.readUInt32LE(4)}, then ${bytes.readBigUInt64LE(8)}, ${bytes.length} bytes`;
  return `${made === undefined ? 'forged' : 'genuine'} (${what})`;
}
