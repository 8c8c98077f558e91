/**
 * What has been decided and is still to be counted: a run of datagrams, side by side in one message, about which the
 * same was found. Receive offload makes messages of dozens, and most of them are first copies one and all, or late
 * ones: the books are written once for a run.
 */
import { type Batch, type Counters, S } from '../net/index.ts';
import { counterHi, counterLo, receiverIndex, TRANSPORT_DATA } from '../wireguard/index.ts';
import type { LossWindow } from './loss-window.ts';
import type { Quality } from './quality.ts';
import { DIFFERS, FIRST, LATE, type RecentPackets } from './recent-packets.ts';
import type { ServerSide } from './server-side.ts';
import type { SessionPaths } from './session-paths.ts';

export interface TallyParts {
  readonly counters: Counters;
  readonly paths: SessionPaths;
  readonly quality: Quality;
  readonly losses: LossWindow;
  /** What it says after `note` is counted along with the verdict. */
  readonly recent: RecentPackets;
  /** Late copies are dropped. */
  readonly deduplicates: boolean;
  readonly isWireguard: boolean;
}

export class Tally {
  /** Set on a server: what its paths earn and prove by the datagrams counted. */
  server: ServerSide | undefined;
  readonly #parts: TallyParts;
  readonly #values: Float64Array;
  /** Entries of the batch: the run's first, and how many there are; none when everything is counted. */
  #first = 0;
  #packets = 0;
  #bytes = 0;
  #type = 0;
  #session = 0;
  #path = -1;
  #slot = -1;
  #verdict = FIRST;
  #latenessUs = 0;
  #seenBefore = 0;

  constructor(parts: TallyParts) {
    this.#parts = parts;
    this.#values = parts.counters.values;
  }

  /** Whether datagram `i` comes right behind the run, in its message, and is data with the same receiver index. */
  isFollowedBy({ message, offset, view }: Batch, i: number, type: number): boolean {
    const last = this.#first + this.#packets - 1;
    return (
      this.#packets > 0 &&
      i === last + 1 &&
      message[i] === message[last] &&
      type === TRANSPORT_DATA &&
      this.#type === TRANSPORT_DATA &&
      receiverIndex(view, offset[i]!, type) === receiverIndex(view, offset[last]!, type)
    );
  }

  /**
   * Datagram `i` was decided. If the run is not counted yet, it is followed by this one.
   * @param slot of the path within the session, -1 if it came on none of the session's
   */
  add(
    batch: Batch,
    i: number,
    type: number,
    session: number,
    path: number,
    slot: number,
    verdict: number,
  ): void {
    const { recent } = this.#parts;
    if (this.#packets > 0) {
      if (this.#isAlike(verdict)) {
        this.#packets++;
        this.#bytes += batch.length[i]!;
        return;
      }
      this.count(batch);
    }
    this.#first = i;
    this.#packets = 1;
    this.#bytes = batch.length[i]!;
    this.#type = type;
    this.#session = session;
    this.#path = path;
    this.#slot = slot;
    this.#verdict = verdict;
    this.#latenessUs = recent.latenessUs;
    this.#seenBefore = recent.seenBefore;
  }

  /** Counts what has not been counted. */
  count(batch: Batch): void {
    const packets = this.#packets;
    if (packets === 0) return;
    this.#packets = 0;
    const { counters, paths, quality, deduplicates, isWireguard } = this.#parts;
    const values = this.#values;
    const session = this.#session;
    const path = this.#path;
    const verdict = this.#verdict;
    const bytes = this.#bytes;
    const block = counters.sessionBlock(session);
    if (verdict === FIRST) {
      values[block + S.packets]! += packets;
      values[block + S.bytes]! += bytes;
      values[block + S.lastInMs] = batch.nowMs;
      if (isWireguard && this.#type === TRANSPORT_DATA) this.#countLosses(batch, packets, session, block);
    } else if (verdict === LATE && deduplicates) {
      values[block + S.duplicatesDropped]! += packets;
    }
    if (this.#slot < 0) return;
    paths.hear(session, this.#slot);
    quality.arrived(path, packets, bytes);
    if (verdict === FIRST) quality.first(path, packets);
    else if (verdict === DIFFERS) quality.differing(path, packets);
    else quality.late(path, packets, this.#latenessUs);
    const server = this.server;
    if (server === undefined) return;
    server.table.earn(path, session, bytes, batch);
    server.probation.delivered(path, session, verdict, this.#seenBefore);
  }

  #isAlike(verdict: number): boolean {
    const { recent } = this.#parts;
    if (verdict !== this.#verdict) return false;
    return (
      verdict === FIRST || (recent.latenessUs === this.#latenessUs && recent.seenBefore === this.#seenBefore)
    );
  }

  #countLosses({ view, offset }: Batch, packets: number, session: number, block: number): void {
    const { losses } = this.#parts;
    for (let i = this.#first; i < this.#first + packets; i++) {
      const at = offset[i]!;
      const counter = counterHi(view, at) * 0x1_0000_0000 + counterLo(view, at);
      const change = losses.note(session, receiverIndex(view, at, TRANSPORT_DATA), counter);
      if (change !== 0) this.#values[block + S.lost] = Math.max(0, this.#values[block + S.lost]! + change);
    }
  }
}
