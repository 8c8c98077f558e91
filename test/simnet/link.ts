/**
 * One direction of a link, with everything a link can do to a datagram. Jitter reorders. Knows nothing of
 * addresses: where a datagram ends up is its caller's business.
 */
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

export interface LinkQuality {
  delayMs?: number;
  /** Up to this much more, evenly spread. */
  jitterMs?: number;
  /** Shares from 0 to 1. */
  loss?: number;
  duplication?: number;
  isCut?: boolean;
}

export class Link {
  /** May be changed at any time; datagrams on their way keep what they had. */
  readonly quality: LinkQuality;
  /** Datagrams that vanished, and copies that were made. */
  lost = 0;
  duplicated = 0;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random, quality: LinkQuality) {
    this.#clock = clock;
    this.#random = random;
    this.quality = { ...quality };
  }

  send(arrive: () => void): void {
    const { isCut = false, loss = 0, duplication = 0 } = this.quality;
    if (isCut || (loss > 0 && this.#random.next() < loss)) {
      this.lost++;
      return;
    }
    this.#carry(arrive);
    if (duplication > 0 && this.#random.next() < duplication) {
      this.duplicated++;
      this.#carry(arrive);
    }
  }

  #carry(arrive: () => void): void {
    const { delayMs = 1, jitterMs = 0 } = this.quality;
    this.#clock.after(delayMs + (jitterMs > 0 ? this.#random.next() * jitterMs : 0), arrive);
  }
}
