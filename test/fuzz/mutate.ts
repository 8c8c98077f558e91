/**
 * New inputs from old ones: a few random changes at random places, words of the source put in, two inputs spliced. The
 * generator is seeded, so that a run can be had again.
 */
import type { Words } from './bundle.ts';

const MOST_CHANGES = 6;
const LONGEST_RUN = 64;
const ODD_NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Random whole numbers, mulberry32. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

export class Mutator {
  readonly #random: (below: number) => number;
  readonly #words: readonly Buffer[];
  readonly #maxBytes: number;

  constructor({ texts, numbers }: Pick<Words, 'texts' | 'numbers'>, maxBytes: number, seed: number) {
    this.#random = randomFrom(seed);
    this.#maxBytes = maxBytes;
    this.#words = [
      ...texts.map((text) => Buffer.from(text)),
      ...[...numbers, ...ODD_NUMBERS].flatMap((number) => spellings(number)),
    ];
  }

  /** An input like `input`, perhaps continued by a part of `other`. */
  mutate(input: Buffer, other: Buffer): Buffer {
    let bytes = input;
    for (let changes = 1 + this.#random(MOST_CHANGES); changes > 0; changes--) {
      bytes = this.#change(bytes, other);
      if (bytes.length > this.#maxBytes) bytes = bytes.subarray(0, this.#maxBytes);
    }
    return bytes;
  }

  #change(bytes: Buffer, other: Buffer): Buffer {
    const random = this.#random;
    const at = random(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + random(random(4) === 0 ? bytes.length : LONGEST_RUN));
    switch (random(12)) {
      case 0:
        return spliced(bytes, at, end, Buffer.alloc(0));
      case 1:
        return spliced(bytes, at, at, bytes.subarray(at, end));
      case 2:
        return spliced(bytes, at, at, Buffer.alloc(1 + random(LONGEST_RUN), random(256)));
      case 3: {
        const from = random(other.length);
        const piece = other.subarray(from, from + 1 + random(other.length));
        return spliced(bytes, at, random(2) === 0 ? at : end, piece);
      }
      case 4:
      case 5:
        return spliced(bytes, at, at, this.#word());
      case 6: {
        const word = this.#word();
        return spliced(bytes, at, Math.min(bytes.length, at + word.length), word);
      }
      case 7:
        return withNumber(bytes, at, random);
      case 8:
        return withByte(bytes, at, (bytes[at] ?? 0) + (random(2) === 0 ? 1 : -1) * (1 + random(16)));
      case 9:
        return withByte(bytes, at, random(256));
      default:
        return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random(8)));
    }
  }

  #word(): Buffer {
    return this.#words[this.#random(this.#words.length)]!;
  }
}

/** A number as bytes of either order, and as digits. */
function spellings(number: number): Buffer[] {
  if (!Number.isSafeInteger(number) || number < 0 || number > 0xffff_ffff) return [Buffer.from(`${number}`)];
  const words =
    number > 0xffff ? [] : [Buffer.of(number & 0xff, number >>> 8), Buffer.of(number >>> 8, number & 0xff)];
  const little = Buffer.alloc(4);
  little.writeUInt32LE(number);
  return [Buffer.from(`${number}`), ...words, little, Buffer.from(little).reverse()];
}

/** The digits at or behind `at` replaced by another number. */
function withNumber(bytes: Buffer, at: number, random: (below: number) => number): Buffer {
  const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let start = at;
  while (start < bytes.length && !isDigit(bytes[start])) start++;
  let end = start;
  while (isDigit(bytes[end])) end++;
  const number = random(2) === 0 ? random(100_000) : ODD_NUMBERS[random(ODD_NUMBERS.length)]!;
  return spliced(bytes, start, end, Buffer.from(`${number}`));
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  if (at < changed.length) changed[at] = value;
  return changed;
}

function spliced(bytes: Buffer, start: number, end: number, piece: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(end)]);
}
