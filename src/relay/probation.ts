/**
 * How an address that joined a session by its index alone proves to be the client's, and when it replaces
 * another. An index can be overheard or guessed; bytes that another of the client's paths delivers too
 * cannot be made up.
 */
import { LATE } from './recent-packets.ts';
import { MOST_SLOTS, type SessionPaths } from './session-paths.ts';
import type { SessionTable } from './session-table.ts';

/** All other paths silent for this long, and so many packets new to the session: the client has moved. */
const OTHERS_SILENT_MS = 250;
const PACKETS_TO_PROVE = 4;
/** A NAT's new port replaces the old one when that has been silent since, for this long and so many packets. */
const REPLACED_AFTER_MS = 250;
const PACKETS_TO_REPLACE = 8;
/** So often it is asked: what the old port sent may arrive after what the new one did. */
const ROUNDS = 4;

export class Probation {
  readonly #table: SessionTable;
  readonly #paths: SessionPaths;
  /** Per path, rounds left until nothing more is to be found out about it; when this one began; its packets. */
  readonly #rounds: Uint8Array;
  readonly #sinceMs: Float64Array;
  readonly #packets: Uint8Array;

  constructor(table: SessionTable, paths: SessionPaths, capacity: number) {
    this.#table = table;
    this.#paths = paths;
    this.#rounds = new Uint8Array(capacity);
    this.#sinceMs = new Float64Array(capacity);
    this.#packets = new Uint8Array(capacity);
  }

  begin(path: number): void {
    this.#rounds[path] = ROUNDS;
    this.#sinceMs[path] = this.#table.paths.openedMs(path);
    this.#packets[path] = 0;
  }

  /** Nothing more is to be found out about the path: of alike datagrams from it one says as much as many. */
  isOver(path: number): boolean {
    return this.#rounds[path] === 0;
  }

  /** A path delivered a datagram of its session, just now. `verdict` and `seenBefore` as RecentPackets found them. */
  delivered(path: number, session: number, verdict: number, seenBefore: number): void {
    if (verdict === LATE) this.#prove(path, session, seenBefore);
    if (this.#rounds[path] === 0) return;
    const nowMs = this.#table.paths.lastInMs(path);
    const packets = Math.min(this.#packets[path]! + 1, PACKETS_TO_REPLACE);
    this.#packets[path] = packets;
    if (!this.#table.paths.isTrusted(path)) this.#vouch(path, session, packets, nowMs);
    if (packets < PACKETS_TO_REPLACE || !this.#table.paths.isTrusted(path)) return;
    if (nowMs - this.#sinceMs[path]! >= REPLACED_AFTER_MS) this.#endRound(path, session, nowMs);
  }

  /** Identical bytes on two paths: whoever delivered them is trusted when one of them is. */
  #prove(path: number, session: number, seenBefore: number): void {
    const table = this.#table;
    let isTrusted = table.paths.isTrusted(path);
    let hasOthers = false;
    for (let rest = seenBefore; rest !== 0; rest &= rest - 1) {
      const other = this.#paths.at(session, 31 - Math.clz32(rest & -rest));
      if (other < 0 || other === path) continue;
      if (table.paths.isTrusted(other)) isTrusted = true;
      else hasOthers = true;
    }
    if (!isTrusted) return;
    table.paths.trust(path);
    if (!hasOthers) return;
    for (let rest = seenBefore; rest !== 0; rest &= rest - 1) {
      const other = this.#paths.at(session, 31 - Math.clz32(rest & -rest));
      if (other >= 0) table.paths.trust(other);
    }
  }

  /** Without a copy to compare: the same host with another port, or the only one left that speaks. */
  #vouch(path: number, session: number, packets: number, nowMs: number): void {
    const table = this.#table;
    if (!table.isConfirmed(session)) return;
    let areOthersSilent = true;
    for (let slot = 0; slot < MOST_SLOTS; slot++) {
      const other = this.#paths.at(session, slot);
      if (other < 0 || other === path || !table.paths.isTrusted(other)) continue;
      if (table.paths.haveSameHost(path, other)) {
        table.paths.trust(path);
        return;
      }
      if (nowMs - table.paths.lastInMs(other) < OTHERS_SILENT_MS) areOthersSilent = false;
    }
    // WireGuard says nothing to forged packets; in a silent tunnel nobody gets trusted for sending some.
    const isAnswered = table.answeredMs(session) > table.paths.openedMs(path);
    if (areOthersSilent && isAnswered && packets >= PACKETS_TO_PROVE) table.paths.trust(path);
  }

  /** Closes paths of the same host that were silent all this round; if others were not, there is another. */
  #endRound(path: number, session: number, nowMs: number): void {
    const table = this.#table;
    let hasOthers = false;
    for (let slot = 0; slot < MOST_SLOTS; slot++) {
      const other = this.#paths.at(session, slot);
      if (other < 0 || other === path || !table.paths.haveSameHost(path, other)) continue;
      if (table.paths.lastInMs(other) < this.#sinceMs[path]!) table.paths.close(other);
      else hasOthers = true;
    }
    this.#rounds[path] = hasOthers ? this.#rounds[path]! - 1 : 0;
    this.#sinceMs[path] = nowMs;
    this.#packets[path] = 0;
  }
}
