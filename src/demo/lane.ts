/**
 * One direction of a userspace link: what becomes of each datagram (lost, queued behind others, late by so much)
 * and holding it until then. Sockets are link.ts's. Datagrams of one lane share one timer.
 */

import { nowMs } from '../net/index.ts';

/** A jittery delay wanders to a new random value this often, so that neighbours have similar delays. */
const WANDER_MS = 100;
/** Node's timers have whole milliseconds; a datagram that is due within half of one goes now. */
const TIMER_SLACK_MS = 0.5;
/** What a lane holds at most; when full, the newest is dropped and counted in `queueFull`. */
const MOST_HELD = 20_000;

/** How a link behaves. Both directions alike. */
export interface LinkTraits {
  delayMs: number;
  /** The delay wanders within ± this; never below 0. */
  jitterMs: number;
  /** Share of datagrams lost at random, 0 to 1. */
  lossShare: number;
  /** Draw each datagram's jitter on its own, so that one may overtake another. Default: they stay in order. */
  mayReorder?: boolean;
  /** What the link carries at most. Default: no limit. */
  bytesPerSecond?: number;
  /** What may wait for a link with a rate; what doesn't fit is counted in `queueFull`. Default: 64 KiB. */
  queueBytes?: number;
}

/** What a lane has done; only ever growing. `entered` = delivered + lost + cutOff + queueFull + what it holds. */
export interface LaneCounters {
  entered: number;
  delivered: number;
  /** Lost at random. */
  lost: number;
  /** Sent into a cut link, or under way when it was cut. */
  cutOff: number;
  queueFull: number;
  /** Sum over `delivered`: what the lane added to each, measured. */
  delaySumMs: number;
}

interface Held<To> {
  readonly datagram: Uint8Array;
  readonly to: To;
  readonly enteredMs: number;
  readonly dueMs: number;
}

/** One direction; `To` says where a datagram goes and is the link's business. */
export class Lane<To> {
  readonly counters: LaneCounters = {
    entered: 0,
    delivered: 0,
    lost: 0,
    cutOff: 0,
    queueFull: 0,
    delaySumMs: 0,
  };
  readonly #traits: Readonly<LinkTraits>;
  readonly #deliver: (datagram: Uint8Array, to: To) => void;
  readonly #random: () => number;
  /** By due time, the next one first. */
  #held: Held<To>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #isCut = false;
  #rateFreeAtMs = 0;
  #lastDueMs = 0;
  #wander = { fromMs: 0, from: 0, to: 0 };

  /** `traits` stays the caller's: changes to it hold from the next datagram on. */
  constructor(
    traits: Readonly<LinkTraits>,
    deliver: (datagram: Uint8Array, to: To) => void,
    random: () => number,
  ) {
    this.#traits = traits;
    this.#deliver = deliver;
    this.#random = random;
  }

  /** Takes a datagram, which the lane keeps until it is delivered or dropped. */
  accept(datagram: Uint8Array, to: To): void {
    const now = nowMs();
    this.counters.entered++;
    if (this.#isCut) {
      this.counters.cutOff++;
    } else if (this.#random() < this.#traits.lossShare) {
      this.counters.lost++;
    } else if (!this.#hasRoom(now)) {
      this.counters.queueFull++;
    } else {
      this.#hold({ datagram, to, enteredMs: now, dueMs: this.#dueMs(now, datagram.length) });
    }
  }

  /** Drops what is under way and, until `restore()`, everything that enters. */
  cut(): void {
    this.#isCut = true;
    this.counters.cutOff += this.#held.length;
    this.#held = [];
    this.#rateFreeAtMs = 0;
    this.#arm(nowMs());
  }

  restore(): void {
    this.#isCut = false;
  }

  #hasRoom(now: number): boolean {
    const { bytesPerSecond, queueBytes = 65_536 } = this.#traits;
    if (this.#held.length >= MOST_HELD) return false;
    return bytesPerSecond === undefined || ((this.#rateFreeAtMs - now) * bytesPerSecond) / 1000 <= queueBytes;
  }

  #dueMs(now: number, lengthBytes: number): number {
    const { bytesPerSecond, delayMs, jitterMs, mayReorder } = this.#traits;
    if (bytesPerSecond !== undefined) {
      this.#rateFreeAtMs = Math.max(now, this.#rateFreeAtMs) + (lengthBytes * 1000) / bytesPerSecond;
    }
    const position = mayReorder === true ? this.#random() * 2 - 1 : this.#wanderedTo(now);
    const startMs = bytesPerSecond === undefined ? now : this.#rateFreeAtMs;
    const dueMs = startMs + Math.max(0, delayMs + position * jitterMs);
    if (mayReorder === true) return dueMs;
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    return this.#lastDueMs;
  }

  /** -1 to 1, on straight lines between random values. */
  #wanderedTo(now: number): number {
    const elapsed = (now - this.#wander.fromMs) / WANDER_MS;
    if (elapsed < 1) return this.#wander.from + (this.#wander.to - this.#wander.from) * elapsed;
    this.#wander = { fromMs: now, from: this.#wander.to, to: this.#random() * 2 - 1 };
    return this.#wander.from;
  }

  #hold(held: Held<To>): void {
    let index = this.#held.length;
    while (index > 0 && this.#held[index - 1]!.dueMs > held.dueMs) index--;
    if (index === this.#held.length) this.#held.push(held);
    else this.#held.splice(index, 0, held);
    if (index === 0) this.#arm(held.enteredMs);
  }

  #arm(now: number): void {
    const dueMs = this.#held[0]?.dueMs ?? Number.POSITIVE_INFINITY;
    if (dueMs === this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#release(), Math.max(0, Math.floor(dueMs - now)));
  }

  #release(): void {
    const now = nowMs();
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    let count = 0;
    while (count < this.#held.length && this.#held[count]!.dueMs <= now + TIMER_SLACK_MS) count++;
    for (const { datagram, to, enteredMs } of this.#held.splice(0, count)) {
      this.counters.delivered++;
      this.counters.delaySumMs += now - enteredMs;
      this.#deliver(datagram, to);
    }
    this.#arm(now);
  }
}
