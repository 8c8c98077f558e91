/**
 * Takes an input apart from front to back, for targets that are driven by more than one value. Past the end
 * everything is zero, so that each input, however short, means something.
 */

export class Input {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bytes not yet taken. */
  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at);
  }

  u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  is(): boolean {
    return (this.u8() & 1) === 1;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.u8() % choices.length]!;
  }

  /** At most so many bytes: as many as there are. */
  bytes(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** A text whose length in bytes comes before it. */
  text(): string {
    return this.bytes(this.u8()).toString('utf8');
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }
}
