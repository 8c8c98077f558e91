/**
 * Time that passes only when somebody lets it: things to do are kept in a heap and done in order, so that a
 * minute of traffic takes as long as its packets do. Things due at the same moment keep their order.
 */

/** Some day in 2023, so that timestamps look like real ones. */
const START_MS = 1_700_000_000_000;

interface Due {
  readonly atMs: number;
  readonly order: number;
  run(): void;
}

export class Clock {
  nowMs = START_MS;
  readonly #heap: Due[] = [];
  #order = 0;

  after(delayMs: number, run: () => void): void {
    const heap = this.#heap;
    const due = { atMs: this.nowMs + delayMs, order: this.#order++, run };
    let at = heap.length;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(due, heap[up]!); up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = due;
  }

  /** Every so often, first after `firstMs`, until `run` returns false. */
  every(periodMs: number, run: () => unknown, firstMs = periodMs): void {
    this.after(firstMs, () => {
      if (run() !== false) this.every(periodMs, run);
    });
  }

  /** Does everything that is due within this time. */
  run(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= untilMs; first = this.#heap[0]) {
      this.#removeFirst();
      this.nowMs = first.atMs;
      first.run();
    }
    this.nowMs = untilMs;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1]!, heap[down]!)) down++;
      if (isBefore(last, heap[down]!)) break;
      heap[at] = heap[down]!;
      at = down;
    }
    heap[at] = last;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
