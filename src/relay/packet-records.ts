/**
 * Where the packets of the last moments are noted: a ring of records, one cache line each, in the order in which the
 * packets came, and a hash table with chains that finds a packet's. What the records mean recent-packets.ts knows.
 */

/** The ring starts with a second at 30,000 packets/s and doubles when it is nearly full. */
const FIRST_RECORDS = 1 << 15;
const NEARLY_FULL = 3 / 4;
/** A second at 130,000 packets/s, 8 MiB. Beyond that the oldest are closed early. */
export const MOST_RECORDS = 1 << 17;
const RECORD_WORDS = 16;
/** So many of a chain are looked at, however many a stranger's choice of counters makes it have. */
const LONGEST_SEARCH = 8;

// Words of a record.
export const KEY = 0; // three words
export const LENGTH = 3;
/** As KeptBytes has it: of the batch that is being decided, or where it was kept. */
export const PLACE = 4;
export const SESSION = 5;
/** Bits of the path slots that delivered, and of those that could have. */
export const SEEN = 6;
export const ALIVE = 7;
/** Microseconds, modulo 2^32. */
export const TIME = 8;
const IS_OPEN = 10;
/** As KeptBytes has it, once it was kept. */
export const POSITION = 11;
/** Bits of the path slots that delivered the very bytes kept; those in `SEEN` may have delivered others. */
export const SAME = 12;
/** `SessionPaths.joins` when the last of them did: since then a slot may have got another path. */
export const JOINS = 13;
/** The open records of a bucket are a chain, the newest first: the neighbours in it, or `NONE`. */
const OLDER = 14;
const NEWER = 15;

/** No record. */
export const NONE = -1;

export class PacketRecords {
  /** A record is its first word's place in here. What lies behind the ring's end is not in memory yet. */
  readonly words = new Int32Array(MOST_RECORDS * RECORD_WORDS);
  /** By bucket: the newest record of its chain, plus one, so that what was never used is not in memory either. */
  readonly #chains = new Int32Array(MOST_RECORDS);
  /** Records from `first` up to `next` are in use, open or closed; equal when none is. */
  #first = 0;
  #next = 0;
  #end = FIRST_RECORDS * RECORD_WORDS;

  /** The oldest in use, open or closed, or `NONE`. */
  get oldest(): number {
    return this.#first === this.#next ? NONE : this.#first;
  }

  /** The one that came next after this, or `NONE`. */
  after(record: number): number {
    const next = this.#following(record);
    return next === this.#next ? NONE : next;
  }

  /** Whether `passOldest` must make room before the next `open`. */
  get isFull(): boolean {
    return this.#following(this.#next) === this.#first;
  }

  isOpen(record: number): boolean {
    return this.words[record + IS_OPEN] !== 0;
  }

  isOpenOf(record: number, session: number): boolean {
    return this.isOpen(record) && this.words[record + SESSION] === session;
  }

  /** The packet's open record, or `NONE`. */
  find(key0: number, key1: number, key2: number, session: number): number {
    const { words } = this;
    let record = this.#chains[bucketOf(key0, key1, key2)]! - 1;
    for (let looked = 0; record !== NONE && looked < LONGEST_SEARCH; looked++) {
      if (
        words[record + KEY + 1] === key1 &&
        words[record + KEY] === key0 &&
        words[record + KEY + 2] === key2 &&
        words[record + SESSION] === session
      ) {
        return record;
      }
      record = words[record + OLDER]!;
    }
    return NONE;
  }

  /** A new record for a packet; all but key and session is for the caller to write. */
  open(key0: number, key1: number, key2: number, session: number): number {
    const { words } = this;
    const record = this.#next;
    this.#next = this.#following(record);
    if (this.#next === 0) this.#growIfShort(record);
    const bucket = bucketOf(key0, key1, key2);
    const older = this.#chains[bucket]! - 1;
    this.#chains[bucket] = record + 1;
    if (older !== NONE) words[older + NEWER] = record;
    words[record + KEY] = key0;
    words[record + KEY + 1] = key1;
    words[record + KEY + 2] = key2;
    words[record + SESSION] = session;
    words[record + IS_OPEN] = 1;
    words[record + OLDER] = older;
    words[record + NEWER] = NONE;
    return record;
  }

  /** From now on nobody finds it. What it says stays until its place is another's. */
  close(record: number): void {
    const { words } = this;
    const older = words[record + OLDER]!;
    const newer = words[record + NEWER]!;
    words[record + IS_OPEN] = 0;
    if (older !== NONE) words[older + NEWER] = newer;
    if (newer !== NONE) {
      words[newer + OLDER] = older;
    } else {
      const bucket = bucketOf(words[record + KEY]!, words[record + KEY + 1]!, words[record + KEY + 2]!);
      this.#chains[bucket] = older + 1;
    }
  }

  /** The oldest, closed before, is no longer in use. */
  passOldest(): void {
    this.#first = this.#following(this.#first);
  }

  /** Only behind the ring's last record, where all that is in use lies in one piece before it. */
  #growIfShort(last: number): void {
    if (this.#end === this.words.length || last - this.#first < this.#end * NEARLY_FULL) return;
    this.#end *= 2;
    this.#next = last + RECORD_WORDS;
  }

  /** The next place in the ring. */
  #following(record: number): number {
    const next = record + RECORD_WORDS;
    return next === this.#end ? 0 : next;
  }
}

/** Consecutive counters fall into consecutive buckets; the index only shifts where they begin. */
function bucketOf(key0: number, key1: number, key2: number): number {
  return (key1 + Math.imul(key0 ^ key2, 0x9e3779b1)) & (MOST_RECORDS - 1);
}
