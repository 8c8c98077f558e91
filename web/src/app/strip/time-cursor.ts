/** The moment that all strips of a picture point at, moved by pointer and keyboard. */
import { computed, signal } from '@angular/core';

/** What a cursor moves along. */
export interface TimeSpan {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
}

const PAGE_STEPS = 60;

export class TimeCursor {
  readonly #span: () => TimeSpan;
  readonly #at = signal<number | null>(null);
  /** Moved by a key last. */
  readonly #isKeyed = signal(false);
  /**
   * The cell pointed at, from the left; null: none, or it has left the picture. A cursor moved by keys stays at
   * the oldest cell instead, because its way back would be lost with it.
   */
  readonly index = computed(() => {
    const { from, to, stepSeconds } = this.#span();
    const at = this.#at();
    if (at === null || at >= to) return null;
    if (at < from) return this.#isKeyed() ? 0 : null;
    return Math.floor((at - from) / stepSeconds);
  });
  /** Unix seconds at the beginning of that cell. */
  readonly at = computed(() => {
    const index = this.index();
    return index === null ? null : this.#span().from + index * this.#span().stepSeconds;
  });

  constructor(span: () => TimeSpan) {
    this.#span = span;
  }

  /** @param share of the width, 0 to 1 */
  pointAt(share: number): void {
    const { from, to, stepSeconds } = this.#span();
    const cells = Math.round((to - from) / stepSeconds);
    const index = Math.min(cells - 1, Math.max(0, Math.floor(share * cells)));
    this.#isKeyed.set(false);
    this.#at.set(from + index * stepSeconds);
  }

  clear(): void {
    this.#at.set(null);
  }

  /** Moves by a key of a slider. @returns whether the key means anything here */
  press(key: string): boolean {
    const { from, to, stepSeconds } = this.#span();
    const last = to - stepSeconds;
    const at = this.at() ?? to;
    const targets: Record<string, number> = {
      ArrowLeft: at - stepSeconds,
      ArrowDown: at - stepSeconds,
      ArrowRight: at + stepSeconds,
      ArrowUp: at + stepSeconds,
      PageDown: at - PAGE_STEPS * stepSeconds,
      PageUp: at + PAGE_STEPS * stepSeconds,
      Home: from,
      End: last,
    };
    if (key === 'Escape') this.clear();
    else if (targets[key] === undefined) return false;
    else {
      this.#isKeyed.set(true);
      this.#at.set(Math.min(last, Math.max(from, targets[key])));
    }
    return true;
  }
}
