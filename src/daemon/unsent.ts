/** Copies of one link that the system did not send, by reason, while the link comes and goes. */
import { UNSENT_REASONS, type UnsentReason } from '../contract/index.ts';
import type { Counters } from '../net/index.ts';

export type UnsentCounts = Record<UnsentReason, number>;

export class Unsent {
  readonly #counters: Counters;
  /** Of earlier places in the counters. */
  readonly #before = noneUnsent();
  #path: number | undefined;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** The link has a place in the counters (again). */
  open(path: number): void {
    this.close();
    this.#path = path;
  }

  /** What was counted stays. Call it before the place is given to another. */
  close(): void {
    this.#addTo(this.#before, this.#path);
    this.#path = undefined;
  }

  counts(): UnsentCounts {
    const counts = { ...this.#before };
    this.#addTo(counts, this.#path);
    return counts;
  }

  #addTo(counts: UnsentCounts, path: number | undefined): void {
    if (path === undefined) return;
    for (const reason of UNSENT_REASONS) counts[reason] += this.#counters.path(path, reason);
  }
}

export function noneUnsent(): UnsentCounts {
  return Object.fromEntries(UNSENT_REASONS.map((reason) => [reason, 0])) as UnsentCounts;
}

export function addUnsent(sum: UnsentCounts, counts: UnsentCounts): void {
  for (const reason of UNSENT_REASONS) sum[reason] += counts[reason];
}
