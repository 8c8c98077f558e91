/**
 * The referee's judgement, pure: which packets are lost, and whether one of the stated windows or this lab's own
 * machinery accounts for each. What neither accounts for is rengarde's loss.
 */
import type { Span } from './schedule.ts';

export const directions = ['up', 'down'] as const;
/** `up`: from the client to the server. */
export type Direction = (typeof directions)[number];

/** A packet may take this long before it counts as lost. */
export const graceMs = 3_000;
/** What takes longer is told. */
export const slowMs = 100;
/**
 * A queue dies with its program. What was in it shows as a row of losses without a gap that reaches into the window;
 * on a busy machine such a row may begin so long before it.
 */
export const mostQueuedMs = 1_000;

/** A window begins so long before the program goes down: packets are on their way through it. */
export const underWayMs = 100;
/** A window ends so long after the program says that it serves. */
export const afterServingMs = 100;

/** A program that serves again may hear of its client so much later. */
export const mostSilentMs = 1_000;

/** A time in which a program was down, so that packets sent then may be lost. */
export interface Window extends Span {
  readonly what: string;
}

/** A fault and its settling time. */
export interface Spell extends Span {
  readonly kind: string;
  readonly target: string;
}

/** Packets that this lab's own machinery dropped in a span, as the kernel counts them. */
export interface LabDrops extends Span {
  /** Which way they were going; undefined: nobody knows. */
  readonly direction?: Direction;
  readonly what: string;
  readonly count: number;
}

export interface LostPacket {
  readonly direction: Direction;
  readonly number: number;
  readonly sentAtMs: number;
  /** What was being done to the network when it was sent. */
  readonly during: readonly Spell[];
  readonly window?: string;
  /** Whose drop it was, of this lab's own. */
  readonly labDrop?: string;
}

/** One direction's packets by number: when sent and received, in ms; absent or 0 when not. */
export class Ledger {
  readonly sentAtMs: number[] = [];
  readonly receivedAtMs: number[] = [];
  /** Packets that came twice or more: what WireGuard never lets through. */
  repeated = 0;
  /** Taken back: the kernel refused them, so they were never sent. */
  refused = 0;

  sent(number: number, atMs: number): void {
    this.sentAtMs[number] = atMs;
  }

  refuse(number: number): void {
    if (!this.sentAtMs[number]) return;
    this.sentAtMs[number] = 0;
    this.refused += 1;
  }

  received(number: number, atMs: number): void {
    if (this.receivedAtMs[number]) this.repeated += 1;
    else this.receivedAtMs[number] = atMs;
  }

  /** Whether it was sent and is not there in time. */
  isLost(number: number): boolean {
    const sentAtMs = this.sentAtMs[number] ?? 0;
    return sentAtMs > 0 && !((this.receivedAtMs[number] ?? Number.POSITIVE_INFINITY) - sentAtMs < graceMs);
  }

  get count(): number {
    return this.sentAtMs.reduce((sum, atMs) => sum + (atMs > 0 ? 1 : 0), 0);
  }

  /** In ms; NaN for what was never sent or received. */
  delayMs(number: number): number {
    const sentAtMs = this.sentAtMs[number] || Number.NaN;
    return (this.receivedAtMs[number] ?? Number.NaN) - sentAtMs;
  }

  /** Of the packets received that were not sent in one of these windows, in ms, in order of size. */
  delaysMs(windows: readonly Span[]): number[] {
    const delays = this.sentAtMs.flatMap((atMs, number) => {
      const delayMs = this.delayMs(number);
      return Number.isNaN(delayMs) || windows.some((span) => isInside(atMs, span)) ? [] : delayMs;
    });
    return delays.sort((a, b) => a - b);
  }
}

/** It came, but so late that somebody on the telephone hears it; no program was down. */
export interface SlowPacket {
  readonly direction: Direction;
  readonly number: number;
  readonly sentAtMs: number;
  readonly delayMs: number;
  readonly during: readonly Spell[];
}

export interface Evidence {
  readonly ledgers: Readonly<Record<Direction, Ledger>>;
  readonly windows: readonly Window[];
  readonly spells: readonly Spell[];
  readonly labDrops: readonly LabDrops[];
}

/** All that is lost, in order of sending. */
export function judge({ ledgers, windows, spells, labDrops }: Evidence): LostPacket[] {
  const lost = directions.flatMap((direction) => {
    const ledger = ledgers[direction];
    const widened = windows.map((window) => ({
      ...window,
      fromMs: queuedSinceMs(ledger, window),
      toMs: direction === 'up' ? window.toMs : heardAgainMs(ledgers.up, window),
    }));
    return ledger.sentAtMs.flatMap((atMs, number) => {
      if (!ledger.isLost(number)) return [];
      const window = widened.find((span) => isInside(atMs, span));
      const during = spells.filter((spell) => isInside(atMs, spell));
      return [
        { direction, number, sentAtMs: atMs, during, ...(window !== undefined && { window: window.what }) },
      ];
    });
  });
  lost.sort((one, other) => one.sentAtMs - other.sentAtMs);
  return withLabDrops(lost, labDrops);
}

/** What took longer than `slowMs` outside of the windows, in order of sending. */
export function slowPackets({ ledgers, windows, spells }: Evidence): SlowPacket[] {
  const slow = directions.flatMap((direction) => {
    const ledger = ledgers[direction];
    return ledger.sentAtMs.flatMap((sentAtMs, number) => {
      const delayMs = ledger.delayMs(number);
      if (!(delayMs > slowMs) || windows.some((span) => isInside(sentAtMs, span))) return [];
      const during = spells.filter((spell) => isInside(sentAtMs, spell));
      return { direction, number, sentAtMs, delayMs, during };
    });
  });
  return slow.sort((one, other) => one.sentAtMs - other.sentAtMs);
}

/** When the row of losses began that reaches into the window; the window's beginning if there is none. */
function queuedSinceMs(ledger: Ledger, { fromMs }: Window): number {
  const { sentAtMs } = ledger;
  const earliestMs = fromMs - mostQueuedMs;
  let sinceMs = fromMs;
  let number = sentAtMs.findIndex((atMs) => atMs >= fromMs);
  for (; ledger.isLost(number) && sentAtMs[number]! >= earliestMs; number -= 1) {
    sinceMs = Math.min(sinceMs, sentAtMs[number]!);
  }
  return sinceMs;
}

/**
 * The end of the window on the way down: a program that begins anew, and WireGuard behind it, know where the client is
 * from what comes of it, and on a busy machine the first of that may come late.
 */
export function heardAgainMs({ receivedAtMs }: Ledger, { toMs }: Window): number {
  const servesMs = toMs - afterServingMs;
  let heardMs = servesMs + mostSilentMs;
  for (const atMs of receivedAtMs) if (atMs >= servesMs && atMs < heardMs) heardMs = atMs;
  return heardMs + afterServingMs;
}

/** Each drop of the lab accounts for one packet, which was on its way at that moment. */
function withLabDrops(lost: readonly LostPacket[], labDrops: readonly LabDrops[]): LostPacket[] {
  const judged = [...lost];
  for (const { direction, fromMs, toMs, what, count } of labDrops) {
    let left = count;
    for (const [index, packet] of judged.entries()) {
      if (left === 0) break;
      const { window, labDrop, sentAtMs } = packet;
      if (window !== undefined || labDrop !== undefined) continue;
      if (direction !== undefined && direction !== packet.direction) continue;
      if (sentAtMs < fromMs - graceMs || sentAtMs > toMs) continue;
      judged[index] = { ...packet, labDrop: what };
      left -= 1;
    }
  }
  return judged;
}

/** Lost without an excuse. */
export function isOutside({ window, labDrop }: LostPacket): boolean {
  return window === undefined && labDrop === undefined;
}

export function isInside(atMs: number, { fromMs, toMs }: Span): boolean {
  return fromMs <= atMs && atMs < toMs;
}
