/**
 * The server's sessions and their paths: places for both, which address is which path, which path belongs
 * to which session, and what each has earned. Memory is set aside once; opening and closing are rare.
 * Who may open what is admission.ts; this keeps the books.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  type Counters,
  type Neighbours,
  type Outlets,
  R,
  UNKNOWN_PATH,
} from '../net/index.ts';
import { AddressTable } from './address-table.ts';
import { IndexTable } from './index-table.ts';
import type { LossWindow } from './loss-window.ts';
import type { Quality } from './quality.ts';
import type { RecentPackets } from './recent-packets.ts';
import { RememberedHosts } from './remembered-hosts.ts';
import type { SessionPaths } from './session-paths.ts';
import type { PathState, SessionState } from './session-state.ts';

export const NO_SESSION = -1;

const FREE = 0;
/** WireGuard has not answered yet: nothing proves that anybody but a stranger is there. */
const UNCONFIRMED = 1;
const CONFIRMED = 2;
/** Found to be another session's client; its upstream socket still receives for that one. */
const MERGED = 3;
/** Silence after which a path ends whose address another packet loop's session has too. */
const CONTESTED_TIMEOUT_MS = 1_000;
/** As RecentPackets has it. */
const SETTLED_AFTER_MS = 1_000;

/** Where numbers come from, and go back to. */
export interface Numbers {
  /** -1: there is none. */
  take(): number;
  giveBack(number: number): void;
}

/** In a full session a trusted path silent for this long makes room: for its host's new port, and for any address. */
const SILENT_PORT_MS = 250;
const SILENT_PATH_MS = 5_000;

export interface SessionTableParts {
  readonly counters: Counters;
  readonly paths: SessionPaths;
  readonly quality: Quality;
  readonly recent: RecentPackets;
  readonly losses: LossWindow;
  readonly outlets: Outlets;
  readonly sessionNumbers: Numbers;
  readonly pathNumbers: Numbers;
  /** A path came along with its session from another packet loop. */
  onPathEntered(path: number): void;
  /** From now on the index names the session. */
  onIndexLearned(index: number, session: number): void;
  /** A path is new, or changed over to another session. */
  onPathOpened(path: number, session: number, slot: number, words: Uint32Array): void;
  onPathClosed(path: number, session: number): void;
  /** WireGuard answered: it is no stranger. */
  onSessionConfirmed(session: number): void;
  onSessionClosed(session: number): void;
}

export class SessionTable {
  readonly indices: IndexTable;
  /** Sessions open, and those of them that are not confirmed, merged ones included. */
  open = 0;
  unconfirmed = 0;
  readonly #parts: SessionTableParts;
  readonly #addresses: AddressTable;
  readonly #words: Uint32Array;
  readonly #hosts: RememberedHosts;
  readonly #states: Uint8Array;
  readonly #merged: Int32Array;
  readonly #lastInMs: Float64Array;
  readonly #answeredMs: Float64Array;
  readonly #openedMs: Float64Array;
  /** By path: its session, bytes it may still be sent before it is trusted, and when it last delivered. */
  readonly #sessionOf: Int32Array;
  readonly #credit: Float64Array;
  readonly #pathLastInMs: Float64Array;
  readonly #pathOpenedMs: Float64Array;
  /** By path: 1 if another packet loop's session has its address too. */
  readonly #isContested: Uint8Array;

  constructor(parts: SessionTableParts) {
    const { paths, sessions } = parts.counters.shape;
    this.#parts = parts;
    this.indices = new IndexTable(sessions);
    this.#addresses = new AddressTable(paths);
    this.#words = new Uint32Array(paths * ADDRESS_WORDS);
    this.#hosts = new RememberedHosts(sessions);
    this.#states = new Uint8Array(sessions);
    this.#merged = new Int32Array(sessions).fill(NO_SESSION);
    this.#lastInMs = new Float64Array(sessions);
    this.#answeredMs = new Float64Array(sessions);
    this.#openedMs = new Float64Array(sessions);
    this.#sessionOf = new Int32Array(paths).fill(NO_SESSION);
    this.#credit = new Float64Array(paths);
    this.#pathLastInMs = new Float64Array(paths);
    this.#pathOpenedMs = new Float64Array(paths);
    this.#isContested = new Uint8Array(paths);
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
  answered(session: number, nowMs: number): void {
    this.#answeredMs[session] = nowMs;
  }

  answeredMs(session: number): number {
    return this.#answeredMs[session]!;
  }

  /** The path of a message's sender, or `UNKNOWN_PATH`. */
  pathOf(batch: Batch, message: number): number {
    return this.#addresses.get(batch.source, message * ADDRESS_WORDS);
  }

  sessionOf(path: number): number {
    return this.#sessionOf[path]!;
  }

  pathLastInMs(path: number): number {
    return this.#pathLastInMs[path]!;
  }

  pathOpenedMs(path: number): number {
    return this.#pathOpenedMs[path]!;
  }

  /** Same IP address, whatever the port: a NAT that gave a link a new port. */
  haveSameHost(path: number, other: number): boolean {
    return hasHost(this.#words, path * ADDRESS_WORDS, this.#words, other * ADDRESS_WORDS);
  }

  /** A path delivered something that was passed on: it earns the right to as many bytes, and stays. */
  earn(path: number, session: number, bytes: number, nowMs: number): void {
    this.#pathLastInMs[path] = nowMs;
    this.#lastInMs[session] = nowMs;
    if (this.#credit[path] !== TRUSTED) this.#credit[path]! += bytes;
  }

  isTrusted(path: number): boolean {
    return this.#credit[path] === TRUSTED;
  }

  trust(path: number): void {
    this.#credit[path] = TRUSTED;
  }

  /** An address that somebody else has now must earn and prove itself anew. */
  distrust(path: number): void {
    this.#credit[path] = 0;
  }

  /** Takes `bytes` from what an untrusted path has earned; false when it has not earned that much. */
  spend(path: number, bytes: number): boolean {
    if (this.#credit[path]! < bytes) return false;
    this.#credit[path]! -= bytes; // TRUSTED is infinite and stays so
    return true;
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
    this.#hosts.clear(session);
    return session;
  }

  /** WireGuard answered: the session is real, and so is every path that led there. */
  confirm(session: number): void {
    if (this.#states[session] !== UNCONFIRMED) return;
    this.#states[session] = CONFIRMED;
    this.unconfirmed--;
    const { paths, onSessionConfirmed } = this.#parts;
    for (const path of paths.of(session)) this.trust(path);
    onSessionConfirmed(session);
  }

  closeSession(session: number, nowMs: number): void {
    const { paths, recent, outlets, onSessionClosed } = this.#parts;
    // Older packets are settled, but for a handful: looking for those in a flood would cost more than they tell.
    if (nowMs - this.#lastInMs[session]! < SETTLED_AFTER_MS) recent.settleSession(session);
    this.#closeMergedInto(session, nowMs);
    for (const path of paths.of(session)) this.closePath(path);
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
    const { paths, onSessionConfirmed } = this.#parts;
    if (paths.count(from) > this.#placesFor(to, this.#heardMs(from, to))) return false;
    for (const path of paths.of(from)) this.movePath(path, to);
    this.indices.move(from, to);
    for (const index of this.indices.of(to)) this.#parts.onIndexLearned(index, to);
    if (this.#states[from] === CONFIRMED) {
      this.unconfirmed++;
      if (this.#states[to] === UNCONFIRMED) {
        // WireGuard has answered the client, which proves nothing of the others in there.
        this.#states[to] = CONFIRMED;
        this.unconfirmed--;
        onSessionConfirmed(to);
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

  /** When either was last heard of: the latest moment known where nobody says what time it is. */
  #heardMs(session: number, other: number): number {
    return Math.max(this.#lastInMs[session]!, this.#lastInMs[other]!);
  }

  /** Another packet loop's session has the address of a path of `session` too: it ends as soon as it is silent. */
  contest(path: number, session: number, nowMs: number): void {
    if (this.#sessionOf[path] !== session) return;
    this.#isContested[path] = 1;
    if (nowMs - this.#pathLastInMs[path]! > CONTESTED_TIMEOUT_MS) this.closePath(path);
  }

  /** The same of the path that has this address, if there is one. */
  contestAddress(words: Uint32Array, nowMs: number): void {
    const path = this.#addresses.get(words, 0);
    if (path !== UNKNOWN_PATH) this.contest(path, this.#sessionOf[path]!, nowMs);
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
    const { paths, recent, losses } = this.#parts;
    const numbers = paths.of(session);
    const state: SessionState = {
      session,
      isConfirmed: this.#states[session] === CONFIRMED,
      lastInMs: this.#lastInMs[session]!,
      answeredMs: this.#answeredMs[session]!,
      openedMs: this.#openedMs[session]!,
      paths: numbers.map((path) => this.#stateOf(path, session)),
      indices: this.indices.of(session),
      hosts: this.#hosts.of(session),
      losses: losses.of(session),
      recent: recent.take(session),
      released: neighbours.release(session, numbers),
    };
    for (const path of numbers) {
      paths.remove(session, path);
      this.#addresses.delete(this.#words, path * ADDRESS_WORDS);
      this.#sessionOf[path] = NO_SESSION;
    }
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
    this.#hosts.put(session, state.hosts);
    losses.put(session, state.losses);
    neighbours.adopt(
      session,
      state.paths.map(({ path }) => path),
      state.released,
    );
    for (const path of state.paths) this.#enterPath(path, session);
    for (const index of state.indices) this.indices.set(index, session);
    recent.put(session, state.recent);
  }

  #stateOf(path: number, session: number): PathState {
    const { paths } = this.#parts;
    const slot = paths.slotOf(path);
    const at = path * ADDRESS_WORDS;
    return {
      path,
      slot,
      isHeard: (paths.heard(session) & (1 << slot)) !== 0,
      words: this.#words.slice(at, at + ADDRESS_WORDS),
      credit: this.#credit[path]!,
      lastInMs: this.#pathLastInMs[path]!,
      openedMs: this.#pathOpenedMs[path]!,
    };
  }

  #enterPath({ path, slot, isHeard, words, credit, lastInMs, openedMs }: PathState, session: number): void {
    const { paths, outlets, pathNumbers, onPathClosed, onPathEntered } = this.#parts;
    const at = path * ADDRESS_WORDS;
    if (this.#addresses.get(words, 0) !== UNKNOWN_PATH) {
      // A session of this loop has the address already: two loops heard of a new link at once.
      outlets.forgetPath(path);
      onPathClosed(path, session);
      pathNumbers.giveBack(path);
      return;
    }
    this.#words.set(words, at);
    this.#addresses.set(this.#words, at, path);
    this.#sessionOf[path] = session;
    this.#credit[path] = credit;
    this.#pathLastInMs[path] = lastInMs;
    this.#pathOpenedMs[path] = openedMs;
    this.#isContested[path] = 0;
    paths.add(session, path, slot);
    if (isHeard) paths.hear(session, slot);
    onPathEntered(path);
  }

  /** A socket that received for a session is of no use without it. */
  #closeMergedInto(session: number, nowMs: number): void {
    for (let other = 0; other < this.#states.length; other++) {
      if (this.#states[other] === MERGED && this.#merged[other] === session) this.closeSession(other, nowMs);
    }
  }

  /** A path for the sender of a message; `UNKNOWN_PATH` when the session or the server has no place left. */
  openPath(batch: Batch, message: number, session: number): number {
    const { nowMs } = batch;
    const { paths, quality, outlets, pathNumbers } = this.#parts;
    if (paths.isFull(session)) this.#makeRoom(session, batch.source, message * ADDRESS_WORDS, nowMs);
    const path = pathNumbers.take();
    if (path === UNKNOWN_PATH || !paths.add(session, path)) {
      if (path !== UNKNOWN_PATH) pathNumbers.giveBack(path);
      this.#parts.counters.values[R.pathsExhausted]!++;
      return UNKNOWN_PATH;
    }
    const at = path * ADDRESS_WORDS;
    const from = message * ADDRESS_WORDS;
    this.#words.set(batch.source.subarray(from, from + ADDRESS_WORDS), at);
    this.#addresses.set(this.#words, at, path);
    this.#sessionOf[path] = session;
    this.#credit[path] = this.#hosts.has(session, this.#words, at) ? TRUSTED : 0;
    this.#pathLastInMs[path] = nowMs;
    this.#pathOpenedMs[path] = nowMs;
    this.#isContested[path] = 0;
    quality.join(session, path);
    outlets.learnPath(path, batch, message);
    this.#tellOpened(path, session);
    return path;
  }

  #tellOpened(path: number, session: number): void {
    const at = path * ADDRESS_WORDS;
    const { paths, onPathOpened } = this.#parts;
    onPathOpened(path, session, paths.slotOf(path), this.#words.subarray(at, at + ADDRESS_WORDS));
  }

  /**
   * Closes the session's path that is worth least, if there is one to spare: one that proved nothing; else one that
   * is silent, which must not keep a link's new address out for `clientTimeout`. It is welcome as soon as it speaks.
   */
  #makeRoom(session: number, words: Uint32Array, at: number, nowMs: number): void {
    const { paths } = this.#parts;
    let found = UNKNOWN_PATH;
    for (const path of paths.of(session)) {
      const sparedMs = hasHost(this.#words, path * ADDRESS_WORDS, words, at)
        ? SILENT_PORT_MS
        : SILENT_PATH_MS;
      if (this.isTrusted(path) && nowMs - this.#pathLastInMs[path]! < sparedMs) continue;
      if (found < 0 || this.#isWorthLess(path, found)) found = path;
    }
    if (found < 0) return;
    this.#rememberHost(found);
    this.closePath(found);
  }

  /** Free places, and those that `#makeRoom` would free for any address. */
  #placesFor(session: number, nowMs: number): number {
    const { paths } = this.#parts;
    const isSpare = (path: number) =>
      !this.isTrusted(path) || nowMs - this.#pathLastInMs[path]! >= SILENT_PATH_MS;
    return paths.free(session) + paths.of(session).filter(isSpare).length;
  }

  #isWorthLess(path: number, other: number): boolean {
    if (this.isTrusted(path) !== this.isTrusted(other)) return !this.isTrusted(path);
    return this.#pathLastInMs[path]! < this.#pathLastInMs[other]!;
  }

  #rememberHost(path: number): void {
    if (this.isTrusted(path)) this.#hosts.remember(this.#sessionOf[path]!, this.#words, path * ADDRESS_WORDS);
  }

  closePath(path: number): void {
    const { paths, outlets, onPathClosed } = this.#parts;
    const session = this.#sessionOf[path]!;
    paths.remove(session, path);
    this.#addresses.delete(this.#words, path * ADDRESS_WORDS);
    this.#sessionOf[path] = NO_SESSION;
    outlets.forgetPath(path);
    onPathClosed(path, session);
    this.#parts.pathNumbers.giveBack(path);
  }

  /** False when the other session has no place for it. */
  movePath(path: number, to: number): boolean {
    const { paths, quality } = this.#parts;
    const from = this.#sessionOf[path]!;
    if (paths.isFull(to)) this.#makeRoom(to, this.#words, path * ADDRESS_WORDS, this.#heardMs(from, to));
    paths.remove(from, path);
    if (!paths.add(to, path)) {
      this.closePath(path);
      return false;
    }
    this.#sessionOf[path] = to;
    quality.join(to, path);
    this.#tellOpened(path, to);
    return true;
  }

  /** Closes paths and sessions that have been silent for too long. */
  expire(nowMs: number, pathTimeoutMs: number, sessionTimeoutMs: number, unconfirmedTimeoutMs: number): void {
    const { paths, counters } = this.#parts;
    for (let session = 0; session < this.#states.length; session++) {
      if (this.#states[session] === FREE) continue;
      for (const path of paths.of(session)) {
        const silentMs = this.#isContested[path] === 1 ? CONTESTED_TIMEOUT_MS : pathTimeoutMs;
        if (nowMs - this.#pathLastInMs[path]! <= silentMs) continue;
        this.#rememberHost(path);
        this.closePath(path);
      }
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

/** Credit of a path that has proved to be the client's. */
const TRUSTED = Number.POSITIVE_INFINITY;

/** Whether the addresses at `a` and `b` differ in the port at most. */
function hasHost(words: Uint32Array, a: number, others: Uint32Array, b: number): boolean {
  for (let i = 0; i < ADDRESS_WORDS - 1; i++) if (words[a + i] !== others[b + i]) return false;
  return true;
}
