/**
 * The relay core: what WireGuard sends goes to every path of its session; what arrives on a path is
 * accounted for and goes to the session's WireGuard, late identical copies excepted. Decides over whole
 * batches, carries nothing out and knows no sockets: an engine does that (net/engine.ts).
 * Client and server are this same core; they differ in where sessions and paths come from: a client has one
 * session and is told its paths; a server's come from the traffic (admission.ts).
 * Everything here runs per datagram: no allocation, no exception, no log.
 */
import {
  type Batch,
  type Counters,
  DROP,
  ELSEWHERE,
  type Outlets,
  R,
  type RelayCore,
  S,
  UNKNOWN_PATH,
} from '../net/index.ts';
import {
  COOKIE_REPLY,
  counterHi,
  counterLo,
  messageType,
  receiverIndex,
  TRANSPORT_DATA,
} from '../wireguard/index.ts';
import { LossWindow } from './loss-window.ts';
import { Quality } from './quality.ts';
import { DIFFERS, FIRST, LATE, RecentPackets, sinceUs } from './recent-packets.ts';
import { type ServerOptions, type ServerSide, serverSide } from './server-side.ts';
import { SessionPaths } from './session-paths.ts';
import type { SessionTable } from './session-table.ts';

/** The client's one session. */
export const ONLY_SESSION = 0;

export interface RelayOptions {
  readonly counters: Counters;
  /** Longer datagrams are dropped and counted in `oversized…`. */
  readonly maxDatagramBytes: number;
  /** Paths a session may have, 31 at most; further ones are refused and counted in `pathsExhausted`. */
  readonly maxPathsPerSession: number;
  /** Drop late copies that are byte-identical to one passed on. */
  readonly deduplicate: boolean;
  /** `any`: not WireGuard. One session, nothing checked, filtered or measured but what arrives. */
  readonly protocol: 'wireguard' | 'any';
}

export class Relay implements RelayCore {
  readonly targets: Int32Array;
  targetCount = 0;
  readonly #counters: Counters;
  readonly #values: Float64Array;
  readonly #maxDatagramBytes: number;
  readonly #isWireguard: boolean;
  readonly #deduplicates: boolean;
  readonly #paths: SessionPaths;
  readonly #quality: Quality;
  readonly #recent: RecentPackets;
  readonly #losses: LossWindow;
  #server: ServerSide | undefined;
  #nowUs = 0;
  /** From the network, being decided or sent now. */
  #batch: Batch | undefined;
  /**
   * What is still to be counted: an entry of that batch, or -1. It is counted before anything else is decided, the
   * last of a batch when it has been sent: a packet that comes by itself does not wait for the books.
   */
  #uncounted = -1;
  #type = 0;
  #session = ONLY_SESSION;
  #path = UNKNOWN_PATH;
  #slot = -1;
  #verdict = FIRST;

  constructor({ counters, maxDatagramBytes, maxPathsPerSession, deduplicate, protocol }: RelayOptions) {
    this.#isWireguard = protocol === 'wireguard';
    this.#deduplicates = deduplicate;
    const { sessions, paths } = counters.shape;
    this.#counters = counters;
    this.#values = counters.values;
    this.#maxDatagramBytes = maxDatagramBytes;
    this.#paths = new SessionPaths(sessions, paths, maxPathsPerSession);
    this.targets = this.#paths.targets;
    this.#quality = new Quality(counters, this.#paths);
    this.#losses = new LossWindow(sessions);
    const joinedBy = (session: number, joins: number) => this.#paths.joinedBy(session, joins);
    this.#recent = new RecentPackets(deduplicate, joinedBy, (session, seen, alive, timeUs) =>
      this.#quality.settled(session, seen, alive, sinceUs(timeUs, this.#nowUs)),
    );
  }

  /** Makes this a server's core. Call it once, before the first datagram. */
  serve(options: ServerOptions): void {
    // By identical copies addresses prove themselves, whether WireGuard gets these copies or not.
    this.#recent.compareBytes();
    const { outlets } = options;
    const own: Outlets = {
      openUpstream: (session) => outlets.openUpstream(session),
      closeUpstream: (session) => {
        this.#takeBack(session);
        outlets.closeUpstream(session);
      },
      learnPath: (path, batch, message) => outlets.learnPath(path, batch, message),
      forgetPath: (path) => outlets.forgetPath(path),
      setApart: (path, isApart) => outlets.setApart(path, isApart),
    };
    this.#server = serverSide({ ...options, outlets: own }, this.#isWireguard, {
      counters: this.#counters,
      paths: this.#paths,
      quality: this.#quality,
      recent: this.#recent,
      losses: this.#losses,
    });
  }

  /**
   * Starts sending to a client's `path`. A link keeps its `slot` for good, so that its figures stay its own:
   * if another path has it, this one takes over. False when there is no such place.
   */
  openPath(path: number, slot = -1): boolean {
    if (!this.#paths.add(ONLY_SESSION, path, slot)) {
      this.#values[R.pathsExhausted]!++;
      return false;
    }
    this.#quality.join(ONLY_SESSION, path);
    return true;
  }

  closePath(path: number): void {
    this.#paths.remove(ONLY_SESSION, path);
  }

  fromWireguard(socketSession: number, batch: Batch): void {
    const { nowMs } = batch;
    const values = this.#values;
    const server = this.#server;
    const session = server === undefined ? socketSession : server.table.resolve(socketSession);
    let packets = 0;
    let bytes = 0;
    let isAnswer = false;
    for (let i = 0; i < batch.count; i++) {
      const length = batch.length[i]!;
      batch.to[i] = DROP;
      if (length > this.#maxDatagramBytes) {
        values[R.oversizedFromWireguard]!++;
        continue;
      }
      const type = this.#typeOf(batch, i);
      if (type === 0) {
        values[R.malformedFromWireguard]!++;
        continue;
      }
      if (server !== undefined && (type !== TRANSPORT_DATA || !server.table.isConfirmed(session))) {
        server.admission.answered(batch, i, type, session);
      }
      if (type !== COOKIE_REPLY) isAnswer = true; // a cookie goes to whoever asks
      batch.to[i] = socketSession;
      packets++;
      bytes += length;
    }
    this.targetCount = 0;
    if (packets === 0) return;
    values[R.wireguardInPackets]! += packets;
    values[R.wireguardInBytes]! += bytes;
    values[R.lastWireguardInMs] = nowMs;
    this.targetCount = this.#paths.rotate(session);
    if (server !== undefined) {
      if (isAnswer) server.table.answered(session, batch);
      this.#keepEntitled(server.table, bytes);
    }
    if (this.targetCount === 0) values[R.noPath]! += packets;
  }

  fromNetwork(batch: Batch): void {
    const values = this.#values;
    const server = this.#server;
    this.#setClock(batch);
    this.#batch = batch;
    this.#recent.beginBatch(batch);
    for (let i = 0; i < batch.count; i++) batch.to[i] = DROP;
    let message = -1;
    let path = UNKNOWN_PATH;
    for (let i = 0; i < batch.count; i++) {
      this.#count(batch);
      const length = batch.length[i]!;
      if (length > this.#maxDatagramBytes) {
        values[R.oversizedFromNetwork]!++;
        continue;
      }
      const type = this.#typeOf(batch, i);
      if (type === 0) {
        values[R.malformedFromNetwork]!++;
        continue;
      }
      if (batch.message[i] !== message) {
        message = batch.message[i]!;
        path = batch.path[message]!;
        if (server !== undefined) path = server.table.paths.from(batch, message);
      }
      let session = ONLY_SESSION;
      if (server !== undefined) {
        session = server.admission.sessionFor(batch, i, message, type, path);
        path = server.admission.path;
        batch.path[message] = path;
        if (session === ELSEWHERE) this.#handOver(batch, i, server);
        if (session < 0) continue;
      } else if (path === UNKNOWN_PATH) {
        continue;
      }
      if (this.#passes(batch, i, type, session, path)) batch.to[i] = session;
      else server?.admission.droppedCopy(session);
    }
  }

  tick(nowMs: number): void {
    this.#setClock({ nowMs });
    this.#counters.values[R.ticks]!++;
    this.#recent.sweep(this.#nowUs);
    this.#server?.admission.expire(nowMs);
    this.#server?.desk?.tick();
  }

  #setClock({ nowMs }: Pick<Batch, 'nowMs'>): void {
    this.#nowUs = microseconds(nowMs);
    this.#quality.nowMs = nowMs;
  }

  hear(note: unknown, nowMs: number): void {
    this.#server?.hear(note, nowMs);
  }

  rest(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined) {
      this.#count(batch);
      this.#recent.endBatch(batch);
    }
    this.#recent.keepUp(this.#nowUs);
    this.#server?.desk?.rest();
  }

  #handOver(batch: Batch, i: number, { admission }: ServerSide): void {
    batch.to[i] = ELSEWHERE;
    batch.loop[i] = admission.loop;
    batch.told[i] = admission.away;
    this.#values[R.handedOver]!++;
  }

  /**
   * A session that makes room for another has got nothing in this batch: its number may be the other's before the
   * batch is carried out.
   */
  #takeBack(session: number): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    for (let i = 0; i < batch.count; i++) {
      if (batch.to[i] !== session) continue;
      batch.to[i] = DROP;
      this.#values[R.unconfirmedLimited]!++;
    }
  }

  /** WireGuard's message type, 0 when it is none; with `protocol: any` everything that has a byte is data. */
  #typeOf(batch: Batch, i: number): number {
    const length = batch.length[i]!;
    if (this.#isWireguard) return messageType(batch.view, batch.offset[i]!, length);
    return length > 0 ? TRANSPORT_DATA : 0;
  }

  /** Whether datagram `i` of a known session passes; false when it is a copy to drop. What to count of it is noted. */
  #passes(batch: Batch, i: number, type: number, session: number, path: number): boolean {
    const server = this.#server;
    // A path that carries another session's packets is not that session's: nothing is counted for it.
    const isOwn = path >= 0 && (server === undefined || server.table.paths.sessionOf(path) === session);
    const slot = isOwn ? this.#paths.slotOf(path) : -1;
    this.#verdict = this.#isWireguard
      ? this.#recent.note(batch, i, session, slot, this.#paths.heard(session), this.#nowUs, this.#paths.joins)
      : FIRST;
    this.#uncounted = i;
    this.#type = type;
    this.#session = session;
    this.#path = path;
    this.#slot = slot;
    return this.#verdict !== LATE || !this.#deduplicates;
  }

  /** Counts the datagram decided last, if that has not been done. */
  #count(batch: Batch): void {
    const i = this.#uncounted;
    if (i < 0) return;
    this.#uncounted = -1;
    const session = this.#session;
    const path = this.#path;
    const slot = this.#slot;
    const verdict = this.#verdict;
    const length = batch.length[i]!;
    const server = this.#server;
    const block = this.#counters.sessionBlock(session);
    if (verdict === FIRST) {
      this.#values[block + S.packets]!++;
      this.#values[block + S.bytes]! += length;
      this.#values[block + S.lastInMs] = batch.nowMs;
      if (this.#isWireguard && this.#type === TRANSPORT_DATA) this.#countLoss(batch, i, session, block);
    } else if (verdict === LATE && this.#deduplicates) {
      this.#values[block + S.duplicatesDropped]!++;
    }
    if (slot < 0) return;
    this.#paths.hear(session, slot);
    this.#quality.arrived(path, length);
    if (verdict === FIRST) this.#quality.first(path);
    else if (verdict === DIFFERS) this.#quality.differing(path);
    else this.#quality.late(path, this.#recent.latenessUs);
    if (server === undefined) return;
    server.table.earn(path, session, length, batch);
    server.probation.delivered(path, session, verdict, this.#recent.seenBefore);
  }

  #countLoss(batch: Batch, i: number, session: number, block: number): void {
    const offset = batch.offset[i]!;
    const counter = counterHi(batch.view, offset) * 0x1_0000_0000 + counterLo(batch.view, offset);
    const index = receiverIndex(batch.view, offset, TRANSPORT_DATA);
    const change = this.#losses.note(session, index, counter);
    if (change !== 0) this.#values[block + S.lost] = Math.max(0, this.#values[block + S.lost]! + change);
  }

  /** Leaves out of `targets` the addresses that have not earned these bytes. */
  #keepEntitled(table: SessionTable, bytes: number): void {
    let kept = 0;
    for (let i = 0; i < this.targetCount; i++) {
      const path = this.targets[i]!;
      if (table.paths.spend(path, bytes)) this.targets[kept++] = path;
    }
    this.targetCount = kept;
  }
}

/**
 * The filter's clock: microseconds, modulo 2^32. Signed, because the engine holds no larger numbers in a word: above
 * 2^31 each copy would be an object to collect.
 */
function microseconds(nowMs: number): number {
  return (nowMs * 1000) | 0;
}
