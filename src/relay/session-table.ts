/**
 * The server's sessions: places for them, which of them WireGuard has confirmed, and which turned out to be one client.
 * Memory is set aside once; opening and closing are rare. Who may open what is admission.ts; this keeps the books,
 * and path-table.ts those of their paths.
 */
import { type Batch, type Neighbours, R } from '../net/index.ts';
import { IndexTable } from './index-table.ts';
import type { LossWindow } from './loss-window.ts';
import { PathTable, type PathTableParts } from './path-table.ts';
import type { Numbers } from './places.ts';
import type { RecentPackets } from './recent-packets.ts';
import { NO_SESSION, type SessionState } from './session-state.ts';

const FREE = 0;
/** WireGuard has not answered yet: nothing proves that anybody but a stranger is there. */
const UNCONFIRMED = 1;
const CONFIRMED = 2;
/** Found to be another session's client; its upstream socket still receives for that one. */
const MERGED = 3;
/** As RecentPackets has it. */
const SETTLED_AFTER_MS = 1_000;

export interface SessionTableParts extends PathTableParts {
  readonly recent: RecentPackets;
  readonly losses: LossWindow;
  readonly sessionNumbers: Numbers;
  /** From now on the index names the session. */
  onIndexLearned(index: number, session: number): void;
  /** WireGuard answered: it is no stranger. */
  onSessionConfirmed(session: number): void;
  onSessionClosed(session: number): void;
}

export class SessionTable {
  readonly indices: IndexTable;
  readonly paths: PathTable;
  /** Sessions open, and those of them that are not confirmed, merged ones included. */
  open = 0;
  unconfirmed = 0;
  readonly #parts: SessionTableParts;
  readonly #states: Uint8Array;
  readonly #merged: Int32Array;
  readonly #lastInMs: Float64Array;
  readonly #answeredMs: Float64Array;
  readonly #openedMs: Float64Array;

  constructor(parts: SessionTableParts) {
    const { sessions } = parts.counters.shape;
    this.#parts = parts;
    this.indices = new IndexTable(sessions);
    this.paths = new PathTable(parts);
    this.#states = new Uint8Array(sessions);
    this.#merged = new Int32Array(sessions).fill(NO_SESSION);
    this.#lastInMs = new Float64Array(sessions);
    this.#answeredMs = new Float64Array(sessions);
    this.#openedMs = new Float64Array(sessions);
  }

  isOpen(session: number): boolean {
    return this.#states[session] !== FREE;
  }

  isConfirmed(session: number): boolean {
    return this.#states[session] === CONFIRMED;
  }

  /** The session that really stands behind a socket: a merged one's traffic is the other's. */
  resolve(session: number): number {
    if (this.#states[session] !== MERGED) return session;
    const other = this.#merged[session]!;
    return this.#states[other] === FREE ? session : other;
  }

  openedMs(session: number): number {
    return this.#openedMs[session]!;
  }

  /** WireGuard sent something else than a cookie on the session's socket. */
  answered(session: number, { nowMs }: Batch): void {
    this.#answeredMs[session] = nowMs;
  }

  answeredMs(session: number): number {
    return this.#answeredMs[session]!;
  }

  /** A path delivered something that was passed on: it earns the right to as many bytes, and both stay. */
  earn(path: number, session: number, bytes: number, batch: Batch): void {
    this.#lastInMs[session] = batch.nowMs;
    this.paths.earn(path, bytes, batch);
  }

  /** A new, unconfirmed session with its own upstream socket; `NO_SESSION` when there is none to be had. */
  openSession(nowMs: number): number {
    const { counters, outlets, sessionNumbers } = this.#parts;
    const session = sessionNumbers.take();
    if (session === NO_SESSION) return NO_SESSION;
    if (!outlets.openUpstream(session)) {
      counters.values[R.upstreamFailed]!++;
      sessionNumbers.giveBack(session);
      return NO_SESSION;
    }
    this.#states[session] = UNCONFIRMED;
    this.#lastInMs[session] = nowMs;
    this.#openedMs[session] = nowMs;
    this.open++;
    this.unconfirmed++;
    counters.clearSession(session);
    this.#parts.losses.clear(session);
    this.paths.beginSession(session);
    return session;
  }

  /** WireGuard answered: the session is real, and so is every path that led there. */
  confirm(session: number): void {
    if (this.#states[session] !== UNCONFIRMED) return;
    this.#states[session] = CONFIRMED;
    this.unconfirmed--;
    for (const path of this.paths.of(session)) this.paths.trust(path);
    this.#parts.onSessionConfirmed(session);
  }

  closeSession(session: number, nowMs: number): void {
    const { recent, outlets, onSessionClosed } = this.#parts;
    // Older packets are settled, but for a handful: looking for those in a flood would cost more than they tell.
    if (nowMs - this.#lastInMs[session]! < SETTLED_AFTER_MS) recent.settleSession(session);
    this.#closeMergedInto(session, nowMs);
    for (const path of this.paths.of(session)) this.paths.close(path);
    this.indices.clear(session);
    outlets.closeUpstream(session);
    if (this.#states[session] !== CONFIRMED) this.unconfirmed--;
    this.#states[session] = FREE;
    this.#parts.sessionNumbers.giveBack(session);
    this.open--;
    onSessionClosed(session);
  }

  /** From now on an index names a session: WireGuard chose it, or a packet of nobody else's came with it. */
  learnIndex(index: number, session: number): void {
    this.indices.set(index, session);
    this.#parts.onIndexLearned(index, session);
  }

  /**
   * `from` turned out to be `to`'s client: its paths and indices become `to`'s. Its socket stays open for
   * what WireGuard still sends there: not for long, and not when somebody needs the place, since the client's
   * next packet leads WireGuard to the other.
   * False, and nothing is changed, when `to` has no places for those paths: who filled it need not be the client.
   */
  merge(from: number, to: number): boolean {
    // The latest moment known: nobody says what time it is.
    const heardMs = Math.max(this.#lastInMs[from]!, this.#lastInMs[to]!);
    if (!this.paths.canMoveAll(from, to, heardMs)) return false;
    for (const path of this.paths.of(from)) this.paths.move(path, to, heardMs);
    this.indices.move(from, to);
    for (const index of this.indices.of(to)) this.#parts.onIndexLearned(index, to);
    if (this.#states[from] === CONFIRMED) {
      this.unconfirmed++;
      if (this.#states[to] === UNCONFIRMED) {
        // WireGuard has answered the client, which proves nothing of the others in there.
        this.#states[to] = CONFIRMED;
        this.unconfirmed--;
        this.#parts.onSessionConfirmed(to);
      }
    }
    this.#states[from] = MERGED;
    // What ended in `from` ends in `to` now: one step leads to the session, and there is no circle.
    for (let other = 0; other < this.#merged.length; other++) {
      if (this.#states[other] === MERGED && this.#merged[other] === from) this.#merged[other] = to;
    }
    this.#merged[from] = to;
    return true;
  }

  /** Whether other sessions' sockets still receive for it. */
  hasMerged(session: number): boolean {
    return this.#states.some((state, other) => state === MERGED && this.#merged[other] === session);
  }

  /** The first confirmed session that may leave for another packet loop; `NO_SESSION` if there is none. */
  movable(): number {
    const receiving = new Set(this.#merged.filter((_, other) => this.#states[other] === MERGED));
    return this.#states.findIndex((state, session) => state === CONFIRMED && !receiving.has(session));
  }

  /** A session goes to another packet loop with all that is known of it; its counters stay where they are. */
  leave(session: number, neighbours: Neighbours): SessionState {
    const { recent, losses } = this.#parts;
    const state: SessionState = {
      session,
      isConfirmed: this.#states[session] === CONFIRMED,
      lastInMs: this.#lastInMs[session]!,
      answeredMs: this.#answeredMs[session]!,
      openedMs: this.#openedMs[session]!,
      ...this.paths.stateOf(session),
      indices: this.indices.of(session),
      losses: losses.of(session),
      recent: recent.take(session),
      released: neighbours.release(session, this.paths.of(session)),
    };
    this.paths.leave(session);
    this.indices.clear(session);
    if (!state.isConfirmed) this.unconfirmed--;
    this.#states[session] = FREE;
    this.open--;
    return state;
  }

  /** A session comes from another packet loop. */
  enter(state: SessionState, neighbours: Neighbours): void {
    const { recent, losses } = this.#parts;
    const { session } = state;
    this.#states[session] = state.isConfirmed ? CONFIRMED : UNCONFIRMED;
    this.#lastInMs[session] = state.lastInMs;
    this.#answeredMs[session] = state.answeredMs;
    this.#openedMs[session] = state.openedMs;
    this.open++;
    if (!state.isConfirmed) this.unconfirmed++;
    losses.put(session, state.losses);
    neighbours.adopt(
      session,
      state.paths.map(({ path }) => path),
      state.released,
    );
    this.paths.adopt(session, state);
    for (const index of state.indices) this.indices.set(index, session);
    recent.put(session, state.recent);
  }

  /** A socket that received for a session is of no use without it. */
  #closeMergedInto(session: number, nowMs: number): void {
    for (let other = 0; other < this.#states.length; other++) {
      if (this.#states[other] === MERGED && this.#merged[other] === session) this.closeSession(other, nowMs);
    }
  }

  /** Closes paths and sessions that have been silent for too long. */
  expire(nowMs: number, pathTimeoutMs: number, sessionTimeoutMs: number, unconfirmedTimeoutMs: number): void {
    const { counters } = this.#parts;
    for (let session = 0; session < this.#states.length; session++) {
      if (this.#states[session] === FREE) continue;
      this.paths.expire(session, this.#lastInMs[session]!, nowMs, pathTimeoutMs);
      const timeoutMs = this.#states[session] === CONFIRMED ? sessionTimeoutMs : unconfirmedTimeoutMs;
      if (nowMs - this.#lastInMs[session]! > timeoutMs) this.closeSession(session, nowMs);
    }
    counters.values[R.sessions] = this.open;
    counters.values[R.unconfirmedSessions] = this.unconfirmed;
  }

  /** The unconfirmed or merged session silent for longest, to make room; `NO_SESSION` when all are younger than `minAgeMs`. */
  stalest(nowMs: number, minAgeMs: number): number {
    let found = NO_SESSION;
    for (let session = 0; session < this.#states.length; session++) {
      if (this.#states[session] === FREE || this.#states[session] === CONFIRMED) continue;
      if (nowMs - this.#openedMs[session]! < minAgeMs) continue;
      if (found === NO_SESSION || this.#lastInMs[session]! < this.#lastInMs[found]!) found = session;
    }
    return found;
  }
}
