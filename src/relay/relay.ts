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
  UNKNOWN_PATH,
} from '../net/index.ts';
import { COOKIE_REPLY, messageType, TRANSPORT_DATA } from '../wireguard/index.ts';
import { LossWindow } from './loss-window.ts';
import { Quality } from './quality.ts';
import { FIRST, LATE, RecentPackets, sinceUs } from './recent-packets.ts';
import { type ServerOptions, type ServerSide, serverSide } from './server-side.ts';
import { SessionPaths } from './session-paths.ts';
import type { SessionTable } from './session-table.ts';
import { Tally } from './tally.ts';

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
  /** Counted before the next run is decided, the last of a batch when it has been sent: a lone packet does not wait. */
  readonly #tally: Tally;

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
    this.#tally = new Tally({
      counters,
      paths: this.#paths,
      quality: this.#quality,
      losses: this.#losses,
      recent: this.#recent,
      deduplicates: deduplicate,
      isWireguard: this.#isWireguard,
    });
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
    this.#tally.server = this.#server;
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
    const tally = this.#tally;
    let message = -1;
    let path = UNKNOWN_PATH;
    let session = ONLY_SESSION;
    let slot = -1;
    let isRun = false;
    for (let i = 0; i < batch.count; i++) {
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
      if (!isRun || !tally.isFollowedBy(batch, i, type)) {
        tally.count(batch);
        if (batch.message[i] !== message) {
          message = batch.message[i]!;
          path = batch.path[message]!;
          if (server !== undefined) path = server.table.paths.from(batch, message);
        }
        if (server !== undefined) {
          session = server.admission.sessionFor(batch, i, message, type, path);
          path = server.admission.path;
          batch.path[message] = path;
          if (session === ELSEWHERE) this.#handOver(batch, i, server);
          if (session < 0) continue;
        } else if (path === UNKNOWN_PATH) {
          continue;
        }
        slot = this.#slotOf(path, session);
        isRun = this.#mayRun(path, session);
      }
      const verdict = this.#verdictOn(batch, i, session, slot);
      tally.add(batch, i, type, session, path, slot, verdict);
      if (verdict !== LATE || !this.#deduplicates) batch.to[i] = session;
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
      this.#tally.count(batch);
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

  /** A path that carries another session's packets has no place in that session: nothing is counted for it. */
  #slotOf(path: number, session: number): number {
    const table = this.#server?.table;
    const isOwn = path >= 0 && (table === undefined || table.paths.sessionOf(path) === session);
    return isOwn ? this.#paths.slotOf(path) : -1;
  }

  /** Whether data that comes in one message behind a path's, with its index, is decided as that was. */
  #mayRun(path: number, session: number): boolean {
    if (!this.#isWireguard || path < 0) return false;
    const server = this.#server;
    return server === undefined || (server.table.isConfirmed(session) && server.probation.isOver(path));
  }

  #verdictOn(batch: Batch, i: number, session: number, slot: number): number {
    if (!this.#isWireguard) return FIRST;
    const paths = this.#paths;
    return this.#recent.note(batch, i, session, slot, paths.heard(session), this.#nowUs, paths.joins);
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
