/**
 * The least engine there can be around a server's relay, which believes nothing: nothing is opened twice, nothing closed
 * that is not open, and what the relay tells about its paths agrees with what it has its engine do.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  formatAddress,
  type Outlets,
  readAddressWords,
} from '../../src/net/index.ts';
import type { Upstream } from './answers.ts';
import { Broken } from './broken.ts';
import type { Setup } from './schedule.ts';

export const LIMITS = {
  ample: { maxSessions: 24, maxUnconfirmedSessions: 20, newAddressesPerSecond: 1_000 },
  tight: { maxSessions: 6, maxUnconfirmedSessions: 3, newAddressesPerSecond: 20 },
};
export const SHAPES = { ample: { sessions: 24, paths: 96 }, tight: { sessions: 6, paths: 16 } };

export class StrictEngine implements Outlets {
  readonly upstreams = new Map<number, Upstream>();
  /** By path, its address. */
  readonly paths = new Map<number, string>();
  readonly #limits: Setup['limits'];
  readonly #mostPaths: number;
  readonly #pathOf = new Map<string, number>();
  /** By path, its session, as the relay told it. */
  readonly #sessionOf = new Map<number, number>();
  /** By path, which of all stays in a session this one is. */
  readonly #stayOf = new Map<number, number>();
  #stays = 0;

  constructor({ limits, maxPathsPerSession }: Setup) {
    this.#limits = limits;
    this.#mostPaths = maxPathsPerSession;
  }

  openUpstream(session: number): boolean {
    if (this.upstreams.has(session)) throw new Broken('books', `session ${session} opened twice`);
    this.upstreams.set(session, {
      session,
      isOpen: true,
      isConfirmed: false,
      hasClient: false,
      hasStranger: false,
      clients: new Set(),
    });
    return true;
  }

  closeUpstream(session: number): void {
    const upstream = this.upstreams.get(session);
    if (upstream === undefined) throw new Broken('books', `session ${session} closed, which is not open`);
    upstream.isOpen = false;
    this.upstreams.delete(session);
  }

  learnPath(path: number, batch: Batch, message: number): void {
    const key = formatAddress(readAddressWords(batch.source, message * ADDRESS_WORDS));
    if (this.paths.has(path)) throw new Broken('books', `path ${path} opened twice`);
    if (this.#pathOf.has(key)) throw new Broken('books', `${key} has two paths`);
    this.paths.set(path, key);
    this.#pathOf.set(key, path);
  }

  forgetPath(path: number): void {
    const key = this.paths.get(path);
    if (key === undefined) throw new Broken('books', `path ${path} closed, which is not open`);
    this.paths.delete(path);
    this.#pathOf.delete(key);
  }

  setApart(path: number): void {
    if (!this.paths.has(path)) throw new Broken('books', `path ${path} set apart, which is not open`);
  }

  /** The session of an address, by what the relay told; -1: none. */
  sessionAt(key: string): number {
    return this.#sessionOf.get(this.#pathOf.get(key) ?? -1) ?? -1;
  }

  /** An address for as long as it has its place in its session: another name when it comes back. */
  stayOf(key: string): string {
    return `${key}, stay ${this.#stayOf.get(this.#pathOf.get(key) ?? -1)}`;
  }

  addressesOf(session: number): string[] {
    return [...this.#pathOf.keys()].filter((key) => this.sessionAt(key) === session);
  }

  /** The relay told that a path is a session's; -1: no more. */
  told(path: number, session: number): void {
    if (session < 0) this.#sessionOf.delete(path);
    else this.#sessionOf.set(path, session);
    this.#stayOf.set(path, this.#stays++);
  }

  expectLimits(): void {
    const shape = SHAPES[this.#limits];
    if (this.upstreams.size > LIMITS[this.#limits].maxSessions || this.paths.size > shape.paths) {
      throw new Broken('limits', `${this.upstreams.size} sessions, ${this.paths.size} paths`);
    }
    const counts = new Map<number, number>();
    for (const session of this.#sessionOf.values()) {
      const count = (counts.get(session) ?? 0) + 1;
      counts.set(session, count);
      if (count > this.#mostPaths) throw new Broken('limits', `${count} paths in one session`);
      if (!this.upstreams.has(session))
        throw new Broken('books', `paths of session ${session}, which is not open`);
    }
  }
}
