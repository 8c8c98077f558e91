/**
 * Whether the program keeps something of each input: what V8 and its buffers hold after a collection, from a third of the
 * run on, when caches and compiled code have their size. What the fuzzer itself keeps is left out.
 */

/** More than noise of V8, less than a byte per input in ten minutes. */
const MOST_HEAP_BYTES = 4 * 1024 * 1024;
/** Over a run, however long it is. A target that does not come to so many of them has hardly run: fewer tell nothing. */
export const LOOKS = 18;
const LEAST_LOOKS = 6;
/** Of an input that is kept, beside its bytes. */
const INPUT_OVERHEAD_BYTES = 300;
const MIB = 1024 * 1024;

export class Growth {
  readonly #heldBytes: number[] = [];
  #residentBytes = 0;

  /** @param ownBytes what the fuzzer keeps on purpose, in so many `inputs` */
  look(ownBytes: number, inputs: number): void {
    (globalThis as { gc?: () => void }).gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    this.note(heapUsed + external - ownBytes - inputs * INPUT_OVERHEAD_BYTES);
    this.#residentBytes = rss;
  }

  /** What is held at the next look. */
  note(heldBytes: number): void {
    this.#heldBytes.push(heldBytes);
  }

  get latest(): string {
    return `${((this.#heldBytes.at(-1) ?? 0) / MIB).toFixed(1)} MiB held, ${(this.#residentBytes / MIB).toFixed()} resident`;
  }

  /** The least of the last third above the least of the one before, in MiB; or what is wrong, which begins with "grew". */
  verdict(): string {
    if (this.#heldBytes.length < LEAST_LOOKS) return 'too short to tell';
    const third = Math.floor(this.#heldBytes.length / 3);
    const least = (from: number, to?: number) => Math.min(...this.#heldBytes.slice(from, to));
    const grown = least(2 * third) - least(third, 2 * third);
    const text = `${(grown / MIB).toFixed(2)} MiB`;
    return grown > MOST_HEAP_BYTES ? `grew by ${text}, want at most ${MOST_HEAP_BYTES / MIB}` : text;
  }
}
