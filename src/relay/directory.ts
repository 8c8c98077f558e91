/**
 * What loop 0 knows of the sessions that other packet loops have: whose an index or an address is. Told of every
 * change by the loop that has the session, in order with what that loop hands over.
 */
import { ADDRESS_WORDS } from '../net/index.ts';
import { AddressTable } from './address-table.ts';
import { IndexTable } from './index-table.ts';
import type { SessionState } from './session-state.ts';

const NONE = -1;

export class Directory {
  /** Something that `entries` tells has changed since somebody set this to false. */
  hasChanged = false;
  /** Sessions that other loops have. */
  sessions = 0;
  readonly #indices: IndexTable;
  readonly #addresses: AddressTable;
  readonly #words: Uint32Array;
  readonly #sessionOfPath: Int32Array;
  /** By session: the loop that has it, 0 for loop 0 and nobody; by loop: how many it has. */
  readonly #loops: Uint8Array;
  readonly #counts: number[];

  constructor(sessions: number, paths: number, loops: number) {
    this.#indices = new IndexTable(sessions);
    this.#addresses = new AddressTable(paths);
    this.#words = new Uint32Array(paths * ADDRESS_WORDS);
    this.#sessionOfPath = new Int32Array(paths).fill(NONE);
    this.#loops = new Uint8Array(sessions);
    this.#counts = Array.from({ length: loops }, () => 0);
  }

  /** The loop that has a session; 0: loop 0 or nobody. */
  loopOf(session: number): number {
    return this.#loops[session]!;
  }

  /** Sessions that a loop other than 0 has. */
  count(loop: number): number {
    return this.#counts[loop]!;
  }

  /** The session of another loop that an index names, or -1. */
  ofIndex(index: number): number {
    return this.#indices.get(index);
  }

  /** The session of another loop that an address belongs to, or -1. */
  ofAddress(words: Uint32Array, at: number): number {
    const path = this.#addresses.get(words, at);
    return path < 0 ? NONE : this.#sessionOfPath[path]!;
  }

  /** The path of another loop that has this address, or -1; and the session that such a path is of. */
  pathOf(words: Uint32Array): number {
    return this.#addresses.get(words, 0);
  }

  sessionOf(path: number): number {
    return this.#sessionOfPath[path]!;
  }

  /** From now on `loop` has the session. */
  add({ session, indices, paths }: SessionState, loop: number): void {
    this.#loops[session] = loop;
    this.#counts[loop]!++;
    this.sessions++;
    for (const index of indices) this.learnIndex(index, session);
    for (const { path, words } of paths) this.openPath(path, session, words);
    this.hasChanged = true;
  }

  /** The session ended, or is loop 0's again. */
  remove(session: number): void {
    this.#indices.clear(session);
    this.#counts[this.#loops[session]!]!--;
    this.#loops[session] = 0;
    this.sessions--;
    this.hasChanged = true;
  }

  learnIndex(index: number, session: number): void {
    this.#indices.set(index, session);
    this.hasChanged = true;
  }

  /** It is loop 0's own now. */
  forgetIndex(index: number): void {
    this.#indices.delete(index);
    this.hasChanged = true;
  }

  openPath(path: number, session: number, words: Uint32Array): void {
    if (this.#sessionOfPath[path] !== NONE) this.closePath(path);
    const at = path * ADDRESS_WORDS;
    this.#words.set(words, at);
    this.#addresses.set(this.#words, at, path);
    this.#sessionOfPath[path] = session;
  }

  closePath(path: number): void {
    const at = path * ADDRESS_WORDS;
    // Another session may have the address by now.
    if (this.#addresses.get(this.#words, at) === path) this.#addresses.delete(this.#words, at);
    this.#sessionOfPath[path] = NONE;
  }

  /** Every index of every session that another loop has, and that loop; each session's newest first. */
  entries(): { indices: number[]; loops: number[] } {
    const newestFirst: { index: number; loop: number; age: number }[] = [];
    for (let session = 0; session < this.#loops.length; session++) {
      const loop = this.#loops[session]!;
      if (loop === 0) continue;
      const indices = this.#indices.of(session).reverse();
      for (const [age, index] of indices.entries()) newestFirst.push({ index, loop, age });
    }
    newestFirst.sort((a, b) => a.age - b.age);
    return { indices: newestFirst.map(({ index }) => index), loops: newestFirst.map(({ loop }) => loop) };
  }
}
