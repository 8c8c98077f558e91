/**
 * What each path is worth, counted from the copies that arrive anyway: who was first, who late and by how
 * much, who lost what others delivered. Passive; no probe, not one byte on the wire. Runs per run of
 * datagrams and writes numbers to shared memory; percentages and percentiles are for those who read them.
 */
import { type Counters, LATENESS_BUCKETS, P, PATTERNS, S } from '../net/index.ts';
import type { SessionPaths } from './session-paths.ts';

/** 1/16, the gain of RFC 3550's jitter estimate. */
const JITTER_GAIN = 1 / 16;

export class Quality {
  /** The time of what is told of now, in Unix milliseconds; not an argument, which would be an object each time. */
  nowMs = 0;
  readonly #counters: Counters;
  readonly #values: Float64Array;
  readonly #paths: SessionPaths;
  readonly #lastLatenessUs: Float64Array;

  constructor(counters: Counters, paths: SessionPaths) {
    this.#counters = counters;
    this.#values = counters.values;
    this.#paths = paths;
    this.#lastLatenessUs = new Float64Array(counters.shape.paths);
  }

  /** A path joins: counts from zero, and is not blamed for what was lost before. */
  join(session: number, path: number): void {
    this.#counters.clearPath(path);
    this.#lastLatenessUs[path] = 0;
    this.#values[this.#counters.pathBlock(path) + P.sessionLostAtJoin] = this.#counters.session(
      session,
      'lost',
    );
  }

  /** So many datagrams of any kind came in on a path, of so many bytes together. */
  arrived(path: number, packets: number, bytes: number): void {
    const block = this.#counters.pathBlock(path);
    this.#values[block + P.inPackets]! += packets;
    this.#values[block + P.inBytes]! += bytes;
    this.#values[block + P.lastInMs] = this.nowMs;
  }

  /** They were their packets' first copies. */
  first(path: number, packets: number): void {
    this.#values[this.#counters.pathBlock(path) + P.first]! += packets;
    this.#observe(path, packets, 0);
  }

  /** Each came so much later than its packet's first copy. */
  late(path: number, packets: number, latenessUs: number): void {
    this.#values[this.#counters.pathBlock(path) + P.late]! += packets;
    this.#observe(path, packets, latenessUs);
  }

  differing(path: number, packets: number): void {
    this.#values[this.#counters.pathBlock(path) + P.differing]! += packets;
  }

  /**
   * A packet's fate is known: which slots delivered it, of those that could have, and how long ago its first copy came.
   */
  settled(session: number, seen: number, alive: number, ageUs: number): void {
    const values = this.#values;
    const block = this.#counters.sessionBlock(session);
    values[block + S.settled]!++;
    values[this.#counters.patternBlock(session) + (seen & (PATTERNS - 1))]!++;
    const isRescue = (seen & (seen - 1)) === 0 && (alive & (alive - 1)) !== 0;
    for (let rest = alive; rest !== 0; rest &= rest - 1) {
      const slot = 31 - Math.clz32(rest & -rest);
      const path = this.#paths.at(session, slot);
      if (path >= 0) this.#settlePath(path, (seen & (1 << slot)) !== 0, isRescue, ageUs);
    }
  }

  #settlePath(path: number, hasDelivered: boolean, isRescue: boolean, ageUs: number): void {
    const values = this.#values;
    const block = this.#counters.pathBlock(path);
    if (!hasDelivered) {
      values[block + P.lost]!++;
      if (values[block + P.silentSinceMs] === 0) values[block + P.silentSinceMs] = this.nowMs - ageUs / 1000;
      return;
    }
    values[block + P.delivered]!++;
    if (isRescue) values[block + P.rescued]!++;
    const since = values[block + P.silentSinceMs]!;
    if (since === 0) return;
    values[block + P.silentSinceMs] = 0;
    const silence = this.nowMs - ageUs / 1000 - since;
    if (silence > values[block + P.longestSilenceMs]!) values[block + P.longestSilenceMs] = silence;
  }

  #observe(path: number, packets: number, latenessUs: number): void {
    const values = this.#values;
    const block = this.#counters.pathBlock(path);
    const change = Math.abs(latenessUs - this.#lastLatenessUs[path]!);
    this.#lastLatenessUs[path] = latenessUs;
    values[block + P.jitterUs]! += (change - values[block + P.jitterUs]!) * JITTER_GAIN;
    // From the second on nothing changes any more.
    if (packets > 1) values[block + P.jitterUs]! *= (1 - JITTER_GAIN) ** (packets - 1);
    values[this.#counters.latenessBlock(path) + latenessBucket(latenessUs)]! += packets;
  }
}

/** Bucket 0: below 64 µs; then two per doubling; the last holds everything from 2 s on. */
export function latenessBucket(latenessUs: number): number {
  if (latenessUs < 64) return 0;
  const octave = 31 - Math.clz32(latenessUs);
  const half = (latenessUs >>> (octave - 1)) & 1;
  return Math.min((octave - 6) * 2 + half + 1, LATENESS_BUCKETS - 1);
}

/** The lower end of a bucket, in microseconds; `bucket + 1` gives its upper end. */
export function latenessBucketStartUs(bucket: number): number {
  if (bucket === 0) return 0;
  const octave = 6 + ((bucket - 1) >> 1);
  return 2 ** octave * ((bucket - 1) % 2 === 0 ? 1 : 1.5);
}
