/** What a relay tells its engine to open and close, held to it: nothing opened twice, nothing used that is not open. */
import assert from 'node:assert/strict';
import { type Batch, DROP, formatAddress, type Outlets, readAddressWords } from '../../src/net/index.ts';

export class StrictOutlets implements Outlets {
  readonly sessions = new Set<number>();
  readonly paths = new Map<number, string>();

  openUpstream(session: number): boolean {
    assert(!this.sessions.has(session), `session ${session} is open already`);
    this.sessions.add(session);
    return true;
  }

  closeUpstream(session: number): void {
    assert(this.sessions.delete(session), `session ${session} is not open`);
  }

  learnPath(path: number, batch: Batch, message: number): void {
    const address = formatAddress(readAddressWords(batch.source, message * 5));
    assert(!this.paths.has(path), `path ${path} is open already`);
    assert(![...this.paths.values()].includes(address), `${address} has a path already`);
    this.paths.set(path, address);
  }

  forgetPath(path: number): void {
    assert(this.paths.delete(path), `path ${path} is not open`);
  }

  setApart(path: number): void {
    assert(this.paths.has(path), `path ${path} is not open`);
  }

  /** Every datagram that is passed on goes to a session that is open. */
  expectDelivered(batch: Batch): void {
    for (const to of batch.to.subarray(0, batch.count)) {
      assert(to === DROP || this.sessions.has(to), `delivered to session ${to}, which is not open`);
    }
  }

  /** Every target is a path that is open, and none is named twice. */
  expectTargets(targets: readonly number[], most: number): void {
    assert(targets.every((path) => this.paths.has(path)));
    assert.equal(new Set(targets).size, targets.length);
    assert(targets.length <= most);
  }

  expectWithin(sessions: number, paths: number): void {
    assert(this.sessions.size <= sessions && this.paths.size <= paths);
  }
}
