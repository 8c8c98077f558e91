/**
 * The server's paths: which address is which, which session each belongs to, and what each has earned. Memory is
 * set aside once; opening and closing are rare. Who may open what is admission.ts; this keeps the books.
 */
import { ADDRESS_WORDS, type Batch, type Counters, type Outlets, R, UNKNOWN_PATH } from '../net/index.ts';
import { AddressTable } from './address-table.ts';
import type { Numbers } from './places.ts';
import type { Quality } from './quality.ts';
import { RememberedHosts } from './remembered-hosts.ts';
import type { SessionPaths } from './session-paths.ts';
import { NO_SESSION, type PathState } from './session-state.ts';

/** Credit of a path that has proved to be the client's. */
const TRUSTED = Number.POSITIVE_INFINITY;
/** Silence after which a path ends whose address another packet loop's session has too. */
const CONTESTED_TIMEOUT_MS = 1_000;
/** In a full session a trusted path silent for this long makes room: for its host's new port, and for any address. */
const SILENT_PORT_MS = 250;
const SILENT_PATH_MS = 5_000;
/** A path that delivered nothing for so long while its session's others did may be a dead end. */
const APART_MS = 500;

export interface PathTableParts {
  readonly counters: Counters;
  /** Which of them each session has. */
  readonly paths: SessionPaths;
  readonly quality: Quality;
  readonly outlets: Outlets;
  readonly pathNumbers: Numbers;
  /** A path came along with its session from another packet loop. */
  onPathEntered(path: number): void;
  /** A path is new, or changed over to another session. */
  onPathOpened(path: number, session: number, slot: number, words: Uint32Array): void;
  onPathClosed(path: number, session: number): void;
}

export class PathTable {
  readonly #parts: PathTableParts;
  readonly #addresses: AddressTable;
  readonly #words: Uint32Array;
  readonly #hosts: RememberedHosts;
  /** By path: its session, bytes it may still be sent before it is trusted, and when it last delivered. */
  readonly #sessionOf: Int32Array;
  readonly #credit: Float64Array;
  readonly #lastInMs: Float64Array;
  readonly #openedMs: Float64Array;
  /** By path: 1 if another packet loop's session has its address too. */
  readonly #isContested: Uint8Array;
  /** By path: 1 if it is set apart. */
  readonly #isApart: Uint8Array;

  constructor(parts: PathTableParts) {
    const { paths, sessions } = parts.counters.shape;
    this.#parts = parts;
    this.#addresses = new AddressTable(paths);
    this.#words = new Uint32Array(paths * ADDRESS_WORDS);
    this.#hosts = new RememberedHosts(sessions);
    this.#sessionOf = new Int32Array(paths).fill(NO_SESSION);
    this.#credit = new Float64Array(paths);
    this.#lastInMs = new Float64Array(paths);
    this.#openedMs = new Float64Array(paths);
    this.#isContested = new Uint8Array(paths);
    this.#isApart = new Uint8Array(paths);
  }

  /** The path of a message's sender, or `UNKNOWN_PATH`. */
  from(batch: Batch, message: number): number {
    return this.#addresses.get(batch.source, message * ADDRESS_WORDS);
  }

  /** A session's paths, as a list of its own. */
  of(session: number): number[] {
    return this.#parts.paths.of(session);
  }

  sessionOf(path: number): number {
    return this.#sessionOf[path]!;
  }

  lastInMs(path: number): number {
    return this.#lastInMs[path]!;
  }

  openedMs(path: number): number {
    return this.#openedMs[path]!;
  }

  /** Same IP address, whatever the port: a NAT that gave a link a new port. */
  haveSameHost(path: number, other: number): boolean {
    return hasHost(this.#words, path * ADDRESS_WORDS, this.#words, other * ADDRESS_WORDS);
  }

  /** A path delivered something that was passed on: it earns the right to as many bytes, and stays. */
  earn(path: number, bytes: number, { nowMs }: Batch): void {
    this.#lastInMs[path] = nowMs;
    if (this.#credit[path] !== TRUSTED) this.#credit[path]! += bytes;
    if (this.#isApart[path] === 1) this.#setApart(path, false);
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

  /** A session begins: nothing is known of hosts that its number had before. */
  beginSession(session: number): void {
    this.#hosts.clear(session);
  }

  /** A path for the sender of a message; `UNKNOWN_PATH` when the session or the server has no place left. */
  open(batch: Batch, message: number, session: number): number {
    const { nowMs } = batch;
    const { paths, quality, outlets, pathNumbers } = this.#parts;
    if (paths.isFull(session)) this.#makeRoom(session, batch.source, message * ADDRESS_WORDS, nowMs);
    const path = pathNumbers.take();
    if (path === UNKNOWN_PATH || !paths.add(session, path)) {
      if (path !== UNKNOWN_PATH) pathNumbers.giveBack(path);
      this.#parts.counters.values[R.pathsExhausted]!++;
      return UNKNOWN_PATH;
    }
    const from = message * ADDRESS_WORDS;
    this.#enter(path, session, batch.source.subarray(from, from + ADDRESS_WORDS));
    this.#credit[path] = this.#hosts.has(session, this.#words, path * ADDRESS_WORDS) ? TRUSTED : 0;
    this.#lastInMs[path] = nowMs;
    this.#openedMs[path] = nowMs;
    quality.join(session, path);
    outlets.learnPath(path, batch, message);
    this.#tellOpened(path, session);
    return path;
  }

  close(path: number): void {
    const { outlets, onPathClosed } = this.#parts;
    const session = this.#sessionOf[path]!;
    this.#forget(path, session);
    outlets.forgetPath(path);
    onPathClosed(path, session);
    this.#parts.pathNumbers.giveBack(path);
  }

  /** To another session, or closed when that one has no place for it. */
  move(path: number, to: number, nowMs: number): void {
    const { paths, quality } = this.#parts;
    if (paths.isFull(to)) this.#makeRoom(to, this.#words, path * ADDRESS_WORDS, nowMs);
    paths.remove(this.#sessionOf[path]!, path);
    if (!paths.add(to, path)) {
      this.close(path);
      return;
    }
    this.#sessionOf[path] = to;
    quality.join(to, path);
    this.#tellOpened(path, to);
  }

  /** Whether all of `from`'s find a place in `to`: a free one, or one that `move` would free for any address. */
  canMoveAll(from: number, to: number, nowMs: number): boolean {
    const { paths } = this.#parts;
    const isSpare = (path: number) =>
      !this.isTrusted(path) || nowMs - this.#lastInMs[path]! >= SILENT_PATH_MS;
    return paths.count(from) <= paths.free(to) + paths.of(to).filter(isSpare).length;
  }

  /** Another packet loop's session has the address of a path of `session` too: it ends as soon as it is silent. */
  contest(path: number, session: number, nowMs: number): void {
    if (this.#sessionOf[path] !== session) return;
    this.#isContested[path] = 1;
    if (nowMs - this.#lastInMs[path]! > CONTESTED_TIMEOUT_MS) this.close(path);
  }

  /** The same of the path that has this address, if there is one. */
  contestAddress(words: Uint32Array, nowMs: number): void {
    const path = this.#addresses.get(words, 0);
    if (path !== UNKNOWN_PATH) this.contest(path, this.#sessionOf[path]!, nowMs);
  }

  /**
   * Closes those of a session that have been silent for longer than `timeoutMs`, and remembers their hosts. Sets apart
   * those that have been silent since shortly before `lastInMs`, when the session was last heard of: to a neighbour
   * that is gone the kernel keeps a queue, at the cost of the socket's buffer.
   */
  expire(session: number, lastInMs: number, nowMs: number, timeoutMs: number): void {
    const { paths } = this.#parts;
    // No list: a server with a thousand sessions would make thousands a second.
    for (let rest = paths.alive(session); rest !== 0; rest &= rest - 1) {
      const path = paths.at(session, 31 - Math.clz32(rest & -rest));
      const isBehind = lastInMs - this.#lastInMs[path]! > APART_MS;
      if (isBehind && this.#isApart[path] === 0) this.#setApart(path, true);
      const silentMs = this.#isContested[path] === 1 ? CONTESTED_TIMEOUT_MS : timeoutMs;
      if (nowMs - this.#lastInMs[path]! <= silentMs) continue;
      this.#rememberHost(path);
      this.close(path);
    }
  }

  #setApart(path: number, isApart: boolean): void {
    this.#isApart[path] = Number(isApart);
    this.#parts.outlets.setApart(path, isApart);
  }

  /** All that is known of a session's paths and hosts. */
  stateOf(session: number): { paths: PathState[]; hosts: Uint32Array } {
    const paths = this.of(session).map((path) => this.#stateOf(path, session));
    return { paths, hosts: this.#hosts.of(session) };
  }

  /** A session's paths go to another packet loop; their numbers stay taken. */
  leave(session: number): void {
    for (const path of this.of(session)) this.#forget(path, session);
  }

  /** A session's paths come from another packet loop. */
  adopt(session: number, { paths, hosts }: { paths: readonly PathState[]; hosts: Uint32Array }): void {
    this.#hosts.put(session, hosts);
    for (const path of paths) this.#adopt(path, session);
  }

  #adopt({ path, slot, isHeard, words, credit, lastInMs, openedMs }: PathState, session: number): void {
    const { paths, outlets, pathNumbers, onPathClosed, onPathEntered } = this.#parts;
    if (this.#addresses.get(words, 0) !== UNKNOWN_PATH) {
      // A session of this loop has the address already: two loops heard of a new link at once.
      outlets.forgetPath(path);
      onPathClosed(path, session);
      pathNumbers.giveBack(path);
      return;
    }
    this.#enter(path, session, words);
    this.#credit[path] = credit;
    this.#lastInMs[path] = lastInMs;
    this.#openedMs[path] = openedMs;
    paths.add(session, path, slot);
    if (isHeard) paths.hear(session, slot);
    onPathEntered(path);
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
      lastInMs: this.#lastInMs[path]!,
      openedMs: this.#openedMs[path]!,
    };
  }

  #enter(path: number, session: number, words: Uint32Array): void {
    const at = path * ADDRESS_WORDS;
    this.#words.set(words, at);
    this.#addresses.set(this.#words, at, path);
    this.#sessionOf[path] = session;
    this.#isContested[path] = 0;
    this.#isApart[path] = 0;
  }

  #forget(path: number, session: number): void {
    this.#parts.paths.remove(session, path);
    this.#addresses.delete(this.#words, path * ADDRESS_WORDS);
    this.#sessionOf[path] = NO_SESSION;
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
    let found = UNKNOWN_PATH;
    for (const path of this.of(session)) {
      const sparedMs = hasHost(this.#words, path * ADDRESS_WORDS, words, at)
        ? SILENT_PORT_MS
        : SILENT_PATH_MS;
      if (this.isTrusted(path) && nowMs - this.#lastInMs[path]! < sparedMs) continue;
      if (found < 0 || this.#isWorthLess(path, found)) found = path;
    }
    if (found < 0) return;
    this.#rememberHost(found);
    this.close(found);
  }

  #isWorthLess(path: number, other: number): boolean {
    if (this.isTrusted(path) !== this.isTrusted(other)) return !this.isTrusted(path);
    return this.#lastInMs[path]! < this.#lastInMs[other]!;
  }

  #rememberHost(path: number): void {
    if (this.isTrusted(path)) this.#hosts.remember(this.#sessionOf[path]!, this.#words, path * ADDRESS_WORDS);
  }
}

/** Whether the addresses at `a` and `b` differ in the port at most. */
function hasHost(words: Uint32Array, a: number, others: Uint32Array, b: number): boolean {
  for (let i = 0; i < ADDRESS_WORDS - 1; i++) if (words[a + i] !== others[b + i]) return false;
  return true;
}
