/**
 * The packets of the last moments: what tells a first copy from a late one, and which paths delivered what.
 * An optimisation for WireGuard and a measuring instrument, never a gatekeeper: only a copy that is
 * byte-identical to one already passed on may be dropped, so no forged datagram, whatever it claims to be,
 * can take the place of a genuine one. Where memory of a packet has been overwritten, its copy passes.
 *
 * Each packet has a record (packet-records.ts), found by session and bytes 4-15: index and counter of a data packet,
 * index and the beginning of the ephemeral key of a handshake. The first copies' bytes are kept in a ring
 * (kept-bytes.ts), once their batch has been sent: in it most late copies come right behind them, and find them where
 * they are.
 */
import type { Batch } from '../net/index.ts';
import { KeptBytes } from './kept-bytes.ts';
import {
  ALIVE,
  JOINS,
  KEY,
  LENGTH,
  MOST_RECORDS,
  NONE,
  PacketRecords,
  PLACE,
  POSITION,
  SAME,
  SEEN,
  SESSION,
  TIME,
} from './packet-records.ts';

/** What `note` found. */
export const FIRST = 0;
/** Byte-identical to a copy that was passed on. */
export const LATE = 1;
/** Same index and counter as another datagram, other bytes: one of them is forged. */
export const DIFFERS = 2;
/** Same key, but the bytes to compare with are gone (or nobody compares). */
export const UNPROVEN = 3;

/** A packet's fate is settled after this long: a path that has not delivered it by then lost it. */
const SETTLED_AFTER_US = 1_000_000;

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
  readonly #records = new PacketRecords();
  #comparesBytes: boolean;
  readonly #joinedBy: JoinedBy;
  readonly #onSettled: OnSettled;
  /** What `keepUp` may settle. */
  #toSettle = 0;
  readonly #kept = new KeptBytes();
  /** Records whose bytes are in the batch that is being decided, and how many; at most one for each datagram. */
  #fresh = new Int32Array(0);
  #freshCount = 0;

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

  /** Call it before the first `note` of a batch, and `endBatch` after the last, while its memory is what it was. */
  beginBatch(batch: Batch): void {
    this.#kept.beginBatch();
    if (this.#fresh.length < batch.capacity) this.#fresh = new Int32Array(batch.capacity);
  }

  /** Keeps the bytes that later batches' copies are to be compared with. */
  endBatch(batch: Batch): void {
    for (let i = 0; i < this.#freshCount; ) i = this.#keepRun(batch, i);
    this.#freshCount = 0;
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
    const bit = slot < 0 ? 0 : 1 << slot;
    const { words } = this.#records;
    const found = this.#records.find(key0, key1, key2, session);
    if (found !== NONE) {
      const ageUs = sinceUs(words[found + TIME]!, nowUs);
      if (ageUs < SETTLED_AFTER_US) {
        this.latenessUs = ageUs;
        words[found + SEEN]! |= bit;
        return this.#compare(batch, i, found, bit, joins);
      }
      this.#settle(found);
    }
    const record = this.#open(key0, key1, key2, session);
    words[record + SEEN] = bit;
    words[record + SAME] = bit;
    words[record + JOINS] = joins;
    words[record + ALIVE] = alive;
    words[record + TIME] = nowUs;
    if (this.#comparesBytes) this.#point(batch, i, record);
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
    this.#settleDue(nowUs, MOST_RECORDS);
  }

  /** Settles a session's packets now: it is about to end, or its number to be used anew. */
  settleSession(session: number): void {
    const records = this.#records;
    for (let record = records.oldest; record !== NONE; record = records.after(record)) {
      if (records.isOpenOf(record, session)) this.#settle(record);
    }
  }

  /** Takes a session's packets out, unsettled: `put` of another loop's goes on with them. */
  take(session: number): Int32Array {
    const records = this.#records;
    const taken: number[] = [];
    for (let record = records.oldest; record !== NONE; record = records.after(record)) {
      if (!records.isOpenOf(record, session)) continue;
      for (const word of TRAVELLING) taken.push(records.words[record + word]!);
      records.close(record);
    }
    return Int32Array.from(taken);
  }

  /**
   * Late copies of these are counted as such, but pass: there is nothing to compare them with. They are settled after
   * what is here already, so up to a second late.
   */
  put(session: number, taken: Int32Array): void {
    const { words } = this.#records;
    for (let at = 0; at < taken.length; at += TRAVELLING.length) {
      const record = this.#open(taken[at]!, taken[at + 1]!, taken[at + 2]!, session);
      for (const [i, word] of TRAVELLING.entries()) words[record + word] = taken[at + i]!;
      words[record + LENGTH] = NOTHING;
    }
  }

  /** A record for a packet that has none. */
  #open(key0: number, key1: number, key2: number, session: number): number {
    const records = this.#records;
    if (records.isFull) this.#passOldest();
    return records.open(key0, key1, key2, session);
  }

  #compare(batch: Batch, i: number, record: number, bit: number, joins: number): number {
    if (!this.#comparesBytes) return UNPROVEN;
    const { words } = this.#records;
    const length = words[record + LENGTH]!;
    if (length === NOTHING) return UNPROVEN;
    const place = words[record + PLACE]!;
    if (place >= batch.keepOffset && !this.#kept.has(words[record + POSITION]!)) return UNPROVEN;
    if (batch.length[i] === length && this.#kept.equals(batch, i, place)) {
      if (words[record + JOINS] !== joins) {
        words[record + SAME]! &= this.#joinedBy(words[record + SESSION]!, words[record + JOINS]!);
        words[record + JOINS] = joins;
      }
      this.seenBefore = words[record + SAME]!;
      words[record + SAME]! |= bit;
      return LATE;
    }
    words[record + SAME] = bit;
    words[record + JOINS] = joins;
    // The newer bytes count: if the older were forged, the genuine copies to come are recognised again.
    this.#point(batch, i, record);
    return DIFFERS;
  }

  /** A record's bytes are those of datagram `i`. */
  #point(batch: Batch, i: number, record: number): void {
    const { words } = this.#records;
    this.#fresh[this.#freshCount++] = record;
    words[record + LENGTH] = batch.length[i]!;
    words[record + PLACE] = batch.offset[i]!;
  }

  /** Keeps what fresh records from number `first` on have side by side. Returns where to go on. */
  #keepRun(batch: Batch, first: number): number {
    const { words } = this.#records;
    const from = words[this.#fresh[first]! + PLACE]!;
    let end = from;
    let next = first;
    for (; next < this.#freshCount; next++) {
      const record = this.#fresh[next]!;
      if (words[record + PLACE] !== end || !this.#isToKeep(record, batch)) break;
      end += words[record + LENGTH]!;
    }
    if (next === first) return first + 1;
    const isKept = this.#kept.keep(batch, from, end - from);
    for (let i = first; i < next; i++) {
      const record = this.#fresh[i]!;
      const at = words[record + PLACE]! - from;
      words[record + PLACE] = this.#kept.place + at;
      words[record + POSITION] = this.#kept.position + at;
      if (!isKept) words[record + LENGTH] = NOTHING;
    }
    return next;
  }

  /** One that got other bytes, or another packet, within the batch is listed once more, and may have been kept. */
  #isToKeep(record: number, { keepOffset }: Batch): boolean {
    return this.#records.isOpen(record) && this.#records.words[record + PLACE]! < keepOffset;
  }

  /** Oldest first, at most so many. */
  #settleDue(nowUs: number, most: number): void {
    const records = this.#records;
    for (let settled = 0; settled < most; settled++) {
      const record = records.oldest;
      if (record === NONE) return;
      const ageUs = sinceUs(records.words[record + TIME]!, nowUs);
      if (records.isOpen(record) && ageUs < SETTLED_AFTER_US) return;
      this.#passOldest();
    }
  }

  #passOldest(): void {
    const records = this.#records;
    if (records.isOpen(records.oldest)) this.#settle(records.oldest);
    records.passOldest();
  }

  #settle(record: number): void {
    const { words } = this.#records;
    this.#records.close(record);
    const seen = words[record + SEEN]!;
    // A path that was heard of first with this very packet could deliver it, evidently.
    const alive = words[record + ALIVE]! | seen;
    this.#onSettled(words[record + SESSION]!, seen, alive, words[record + TIME]!);
  }
}

/**
 * From one moment to another, both modulo 2^32 microseconds. Two packet loops' clocks may differ a little: what came
 * along with a session may seem to lie ahead, and has only just been.
 */
export function sinceUs(fromUs: number, nowUs: number): number {
  return Math.max(0, (nowUs - fromUs) | 0);
}
