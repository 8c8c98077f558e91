/** Rows of counts kept at a fixed distance for one window: the oldest is as old as the window is long. */
export class Ring {
  readonly #stepMs: number;
  readonly #width: number;
  readonly #rows: Float64Array;
  readonly #atMs: Float64Array;
  #next = 0;
  #count = 0;

  /** @param width numbers in a row */
  constructor(lengthMs: number, steps: number, width: number) {
    this.#stepMs = lengthMs / steps;
    this.#width = width;
    this.#rows = new Float64Array((steps + 1) * width);
    this.#atMs = new Float64Array(steps + 1);
  }

  isDue(nowMs: number): boolean {
    const size = this.#atMs.length;
    return this.#count === 0 || nowMs - this.#atMs[(this.#next + size - 1) % size]! >= this.#stepMs;
  }

  /** Written in turn, one more than the steps. */
  add(row: Float64Array, nowMs: number): void {
    this.#rows.set(row, this.#next * this.#width);
    this.#atMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#atMs.length;
    this.#count = Math.min(this.#count + 1, this.#atMs.length);
  }

  /** The oldest row; all zero while there is none. */
  oldest(): Float64Array {
    const row = this.#count < this.#atMs.length ? 0 : this.#next;
    return this.#rows.subarray(row * this.#width, (row + 1) * this.#width);
  }
}
