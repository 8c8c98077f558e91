/**
 * The packets of the last moments: what tells a first copy from a late one, and which paths delivered what.
 * An optimisation for WireGuard and a measuring instrument, never a gatekeeper: only a copy that is
 * byte-identical to one already passed on may be dropped, so no forged datagram, whatever it claims to be,
 * can take the place of a genuine one. Where memory of a packet has been overwritten, its copy passes.
 *
 * A direct-mapped table of records, one cache line each, keyed on session and bytes 4-15: index and counter
 * of a data packet, index and the beginning of the ephemeral key of a handshake. The first copies' bytes are
 * kept in a ring (kept-bytes.ts).
 */
import type { Batch } from '../net/index.ts';
import { KeptBytes } from './kept-bytes.ts';

/** What `note` found. */
export const FIRST = 0;
/** Byte-identical to a copy that was passed on. */
export const LATE = 1;
/** Same index and counter as another datagram, other bytes: one of them is forged. */
export const DIFFERS = 2;
/** Same key, but the bytes to compare with are gone (or nobody compares). */
export const UNPROVEN = 3;

/** 32,768 records: a second at 30,000 packets/s. Beyond that the oldest are closed early. */
const RECORDS = 1 << 15;
const RECORD_WORDS = 16;
/** A packet's fate is settled after this long: a path that has not delivered it by then lost it. */
const SETTLED_AFTER_US = 1_000_000;

// Words of a record.
const KEY = 0; // three words
const LENGTH = 3;
const RING_OFFSET = 4;
const SESSION = 5;
/** Bits of the path slots that delivered, and of those that could have. */
const SEEN = 6;
const ALIVE = 7;
/** Microseconds, modulo 2^32. */
const TIME = 8;
const IS_OPEN = 10;
/** As KeptBytes has it. */
const POSITION = 11;
/** Bits of the path slots that delivered the very bytes kept; those in `SEEN` may have delivered others. */
const SAME = 12;
/** `SessionPaths.joins` when the last of them did: since then a slot may have got another path. */
const JOINS = 13;
/** Open records are a list in the order of their first copies: the neighbours' places, or `NONE`. */
const OLDER = 14;
const NEWER = 15;

/** No record: the list ends there. */
const NONE = -1;
/** So many that are due are settled for each new packet: more than one, so that none is left behind, and no burst. */
const SETTLED_PER_PACKET = 2;

/** `LENGTH` of a record whose bytes were not kept. */
const NOTHING = -1;
/** What of a record goes along with its session to another loop; the bytes stay behind. */
const TRAVELLING = [KEY, KEY + 1, KEY + 2, SEEN, ALIVE, TIME] as const;

/** Told about each packet once its fate is settled. `timeUs`: when its first copy came, modulo 2^32, signed. */
export type OnSettled = (session: number, seen: number, alive: number, timeUs: number) => void;

/** As in SessionPaths: bits of the slots whose paths were there already when `joins` was this. */
type JoinedBy = (session: number, joins: number) => number;

export class RecentPackets {
  /** After `note` of a copy that was not the first: how much later it came. */
  latenessUs = 0;
  /** After `LATE`: bits of the slots whose paths had delivered the same bytes before. */
  seenBefore = 0;
  readonly #records = new Int32Array(RECORDS * RECORD_WORDS);
  #comparesBytes: boolean;
  readonly #joinedBy: JoinedBy;
  readonly #onSettled: OnSettled;
  #oldest = NONE;
  #newest = NONE;
  /** What `keepUp` may settle. */
  #toSettle = 0;
  readonly #kept = new KeptBytes();

  /** @param comparesBytes false: nothing is kept or compared, late copies are only counted */
  constructor(comparesBytes: boolean, joinedBy: JoinedBy, onSettled: OnSettled) {
    this.#comparesBytes = comparesBytes;
    this.#joinedBy = joinedBy;
    this.#onSettled = onSettled;
  }

  /** From now on bytes are kept and compared. */
  compareBytes(): void {
    this.#comparesBytes = true;
  }

  /** Call it before the first `note` of a batch. */
  beginBatch(): void {
    this.#kept.beginBatch();
  }

  /**
   * Takes note of datagram `i` of the batch and says what it is. In rising order.
   * @param slot the path's place in the session, 0-30; -1: it came on no path of the session
   * @param alive bits of the slots that could deliver it
   * @param joins as SessionPaths has it now
   */
  note(
    batch: Batch,
    i: number,
    session: number,
    slot: number,
    alive: number,
    nowUs: number,
    joins: number,
  ): number {
    const { view } = batch;
    const offset = batch.offset[i]!;
    const key0 = view.getInt32(offset + 4, true);
    const key1 = view.getInt32(offset + 8, true);
    const key2 = view.getInt32(offset + 12, true);
    const record = recordOf(key0, key1, key2);
    const records = this.#records;
    const bit = slot < 0 ? 0 : 1 << slot;
    const ageUs = sinceUs(records[record + TIME]!, nowUs);
    if (
      records[record + IS_OPEN] !== 0 &&
      records[record + KEY] === key0 &&
      records[record + KEY + 1] === key1 &&
      records[record + KEY + 2] === key2 &&
      records[record + SESSION] === session &&
      ageUs < SETTLED_AFTER_US
    ) {
      this.latenessUs = ageUs;
      records[record + SEEN]! |= bit;
      return this.#compare(batch, i, record, bit, joins);
    }
    if (records[record + IS_OPEN] !== 0) this.#settle(record);
    records[record + KEY] = key0;
    records[record + KEY + 1] = key1;
    records[record + KEY + 2] = key2;
    records[record + SESSION] = session;
    records[record + SEEN] = bit;
    records[record + SAME] = bit;
    records[record + JOINS] = joins;
    records[record + ALIVE] = alive;
    records[record + TIME] = nowUs;
    this.#open(record);
    if (this.#comparesBytes) this.#keep(batch, i, record);
    this.#toSettle += SETTLED_PER_PACKET;
    return FIRST;
  }

  /** Settles, of what is old enough, as much as the new packets since the last call make room for. */
  keepUp(nowUs: number): void {
    if (this.#toSettle === 0) return;
    this.#settleDue(nowUs, this.#toSettle);
    this.#toSettle = 0;
  }

  /** Settles all that is old enough. `keepUp` has done so where packets flow; call this for when none come. */
  sweep(nowUs: number): void {
    this.#settleDue(nowUs, RECORDS);
  }

  /** Settles a session's packets now: it is about to end, or its number to be used anew. */
  settleSession(session: number): void {
    const records = this.#records;
    for (let record = this.#oldest, newer = NONE; record !== NONE; record = newer) {
      newer = records[record + NEWER]!;
      if (records[record + SESSION] === session) this.#settle(record);
    }
  }

  /** Takes a session's packets out, unsettled: `put` of another loop's goes on with them. */
  take(session: number): Int32Array {
    const records = this.#records;
    const taken: number[] = [];
    for (let record = this.#oldest, newer = NONE; record !== NONE; record = newer) {
      newer = records[record + NEWER]!;
      if (records[record + SESSION] !== session) continue;
      for (const word of TRAVELLING) taken.push(records[record + word]!);
      this.#close(record);
    }
    return Int32Array.from(taken);
  }

  /**
   * Late copies of these are counted as such, but pass: there is nothing to compare them with. They are settled after
   * what is here already, so up to a second late.
   */
  put(session: number, taken: Int32Array): void {
    const records = this.#records;
    for (let at = 0; at < taken.length; at += TRAVELLING.length) {
      const record = recordOf(taken[at]!, taken[at + 1]!, taken[at + 2]!);
      if (records[record + IS_OPEN] !== 0) this.#settle(record);
      for (const [i, word] of TRAVELLING.entries()) records[record + word] = taken[at + i]!;
      records[record + SESSION] = session;
      records[record + LENGTH] = NOTHING;
      this.#open(record);
    }
  }

  #compare(batch: Batch, i: number, record: number, bit: number, joins: number): number {
    if (!this.#comparesBytes) return UNPROVEN;
    const records = this.#records;
    const length = records[record + LENGTH]!;
    if (length === NOTHING || !this.#kept.has(records[record + POSITION]!)) return UNPROVEN;
    if (batch.length[i] === length && this.#kept.equals(batch, i, records[record + RING_OFFSET]!)) {
      if (records[record + JOINS] !== joins) {
        records[record + SAME]! &= this.#joinedBy(records[record + SESSION]!, records[record + JOINS]!);
        records[record + JOINS] = joins;
      }
      this.seenBefore = records[record + SAME]!;
      records[record + SAME]! |= bit;
      return LATE;
    }
    records[record + SAME] = bit;
    records[record + JOINS] = joins;
    // Keep the newer bytes: if the older were forged, the genuine copies to come are recognised again.
    this.#keep(batch, i, record);
    return DIFFERS;
  }

  #keep(batch: Batch, i: number, record: number): void {
    const records = this.#records;
    const kept = this.#kept;
    records[record + LENGTH] = kept.keep(batch, i) ? batch.length[i]! : NOTHING;
    records[record + RING_OFFSET] = kept.offset;
    records[record + POSITION] = kept.position;
  }

  /** Oldest first, at most so many. */
  #settleDue(nowUs: number, most: number): void {
    const records = this.#records;
    for (let settled = 0; settled < most; settled++) {
      const record = this.#oldest;
      if (record === NONE || sinceUs(records[record + TIME]!, nowUs) < SETTLED_AFTER_US) return;
      this.#settle(record);
    }
  }

  /** The newest of the list. */
  #open(record: number): void {
    const records = this.#records;
    const newest = this.#newest;
    records[record + IS_OPEN] = 1;
    records[record + OLDER] = newest;
    records[record + NEWER] = NONE;
    if (newest === NONE) this.#oldest = record;
    else records[newest + NEWER] = record;
    this.#newest = record;
  }

  #close(record: number): void {
    const records = this.#records;
    const older = records[record + OLDER]!;
    const newer = records[record + NEWER]!;
    records[record + IS_OPEN] = 0;
    if (older === NONE) this.#oldest = newer;
    else records[older + NEWER] = newer;
    if (newer === NONE) this.#newest = older;
    else records[newer + OLDER] = older;
  }

  #settle(record: number): void {
    const records = this.#records;
    this.#close(record);
    const seen = records[record + SEEN]!;
    // A path that was heard of first with this very packet could deliver it, evidently.
    const alive = records[record + ALIVE]! | seen;
    this.#onSettled(records[record + SESSION]!, seen, alive, records[record + TIME]!);
  }
}

/**
 * From one moment to another, both modulo 2^32 microseconds. Two packet loops' clocks may differ a little: what came
 * along with a session may seem to lie ahead, and has only just been.
 */
export function sinceUs(fromUs: number, nowUs: number): number {
  return Math.max(0, (nowUs - fromUs) | 0);
}

/** Consecutive counters fall into consecutive records; the index only shifts where they begin. */
export function recordOf(key0: number, key1: number, key2: number): number {
  return ((key1 + Math.imul(key0 ^ key2, 0x9e3779b1)) & (RECORDS - 1)) * RECORD_WORDS;
}
