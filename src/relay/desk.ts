/**
 * Loop 0 of a server with several packet loops. All that nobody knows comes here, so that one thread alone decides
 * who may begin a session. Confirmed sessions are spread over the loops; each belongs to one of them, whole, and
 * what of it comes here is handed on. Control hears of every session from here.
 * The other loops' part is carrier.ts.
 */
import { type Neighbours, UNKNOWN_PATH } from '../net/index.ts';
import { Directory } from './directory.ts';
import { NO_SESSION, type SessionState } from './session-state.ts';
import type { SessionTable, SessionTableParts } from './session-table.ts';

/** What other loops tell loop 0. */
export type NoteToDesk =
  | { readonly is: 'index'; readonly index: number; readonly session: number }
  | {
      readonly is: 'path-opened';
      readonly path: number;
      readonly session: number;
      readonly slot: number;
      readonly words: Uint32Array;
    }
  | { readonly is: 'path-closed'; readonly path: number; readonly session: number }
  | { readonly is: 'session-confirmed' | 'session-closed'; readonly session: number }
  /** Asked for by `return`. */
  | { readonly is: 'returned'; readonly state: SessionState; readonly into: number };

/** What loop 0 tells the others. */
export type NoteToCarrier =
  /** The session is yours; with `into`: it turned out to be that session's client. */
  | { readonly is: 'take'; readonly state: SessionState; readonly into: number }
  /** Give it back: it is the client of another loop's session `into`. */
  | { readonly is: 'return'; readonly session: number; readonly into: number }
  | { readonly is: 'merge'; readonly session: number; readonly into: number }
  /** Another loop's session has the path's address too: a NAT has given it to another client. */
  | { readonly is: 'contested'; readonly path: number; readonly session: number };

/** Moving one takes some 0.2 ms, in which the loop carries nothing. */
const MOVES_PER_TICK = 8;

type Events = Pick<
  SessionTableParts,
  | 'onPathOpened'
  | 'onPathClosed'
  | 'onSessionConfirmed'
  | 'onSessionClosed'
  | 'sessionNumbers'
  | 'pathNumbers'
>;

export class Desk {
  readonly directory: Directory;
  readonly #table: SessionTable;
  readonly #neighbours: Neighbours;
  readonly #loops: number;
  readonly #events: Events;
  /** Sessions to merge once nothing decided for them waits to be sent: younger, older. */
  #merges: (readonly [number, number])[] = [];

  /** @param loops how many there are, this one included */
  constructor(
    table: SessionTable,
    neighbours: Neighbours,
    loops: number,
    shape: { readonly sessions: number; readonly paths: number },
    events: Events,
  ) {
    this.#table = table;
    this.#neighbours = neighbours;
    this.#loops = loops;
    this.#events = events;
    this.directory = new Directory(shape.sessions, shape.paths, loops);
  }

  /** A session of this loop has the index from now on. */
  learned(index: number): void {
    if (this.directory.ofIndex(index) !== NO_SESSION) this.directory.forgetIndex(index);
  }

  /** A path was opened: if another loop's session had its address, it had better look whether that is so still. */
  opened(words: Uint32Array, session = NO_SESSION): void {
    const { directory } = this;
    const path = directory.pathOf(words);
    if (path === UNKNOWN_PATH) return;
    const before = directory.sessionOf(path);
    if (before !== session) this.#tell(directory.loopOf(before), { is: 'contested', path, session: before });
  }

  /** One client's two sessions, at least one of them another loop's: the younger ends in the older, soon. */
  merge(younger: number, older: number): void {
    this.#merges.push([younger, older]);
  }

  /** Between batches: carries out merges. */
  rest(): void {
    if (this.#merges.length === 0) return;
    const merges = this.#merges;
    this.#merges = [];
    for (const [younger, older] of merges) this.#mergeNow(younger, older);
  }

  /** Between batches, a few times a second: spreads sessions, and has the system deliver them where they are. */
  tick(): void {
    const { directory } = this;
    for (let moves = 0; moves < MOVES_PER_TICK; moves++) {
      const loop = this.#leastBusy();
      if (this.#table.open - this.#table.unconfirmed <= directory.count(loop)) break;
      const session = this.#table.movable();
      if (session === NO_SESSION) break;
      this.#move(session, loop, NO_SESSION);
    }
    if (!directory.hasChanged) return;
    directory.hasChanged = false;
    const { indices, loops } = directory.entries();
    this.#neighbours.steer(indices, loops);
  }

  hear(note: NoteToDesk, nowMs: number): void {
    const { directory } = this;
    switch (note.is) {
      case 'index':
        this.#table.indices.delete(note.index);
        directory.learnIndex(note.index, note.session);
        break;
      case 'path-opened':
        this.opened(note.words, note.session);
        this.#table.paths.contestAddress(note.words, nowMs);
        directory.openPath(note.path, note.session, note.words);
        this.#events.onPathOpened(note.path, note.session, note.slot, note.words);
        break;
      case 'path-closed':
        directory.closePath(note.path);
        this.#events.onPathClosed(note.path, note.session);
        this.#events.pathNumbers.giveBack(note.path);
        break;
      case 'session-confirmed':
        this.#events.onSessionConfirmed(note.session);
        break;
      case 'session-closed':
        directory.remove(note.session);
        this.#events.onSessionClosed(note.session);
        this.#events.sessionNumbers.giveBack(note.session);
        break;
      case 'returned':
        for (const { path } of note.state.paths) directory.closePath(path);
        directory.remove(note.state.session);
        this.#table.enter(note.state, this.#neighbours);
        this.#mergeNow(note.state.session, note.into);
        break;
    }
  }

  #mergeNow(younger: number, older: number): void {
    const table = this.#table;
    const [from, to] = [this.directory.loopOf(younger), this.directory.loopOf(older)];
    if ((from === 0 && !table.isOpen(younger)) || (to === 0 && !table.isOpen(older))) return;
    if (from === 0 && to === 0) {
      if (table.resolve(younger) !== older) table.merge(younger, older);
    } else if (from === 0) {
      if (table.resolve(younger) === younger && !table.hasMerged(younger)) this.#move(younger, to, older);
    } else if (from === to) {
      this.#tell(from, { is: 'merge', session: younger, into: older });
    } else {
      this.#tell(from, { is: 'return', session: younger, into: older });
    }
  }

  #move(session: number, loop: number, into: number): void {
    const state = this.#table.leave(session, this.#neighbours);
    this.directory.add(state, loop);
    this.#tell(loop, { is: 'take', state, into });
  }

  #leastBusy(): number {
    let least = 1;
    for (let loop = 2; loop < this.#loops; loop++) {
      if (this.directory.count(loop) < this.directory.count(least)) least = loop;
    }
    return least;
  }

  #tell(loop: number, note: NoteToCarrier): void {
    this.#neighbours.tell(loop, note);
  }
}
