/**
 * The simplest relay core: everything from WireGuard goes to every open path, everything from the network to
 * session 0; a sender that is no path becomes one when there are outlets. For tests of socket engines.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  type Outlets,
  type RelayCore,
  UNKNOWN_PATH,
} from '../../src/net/index.ts';

export class PlainCore implements RelayCore {
  readonly targets = new Int32Array(16);
  targetCount = 0;
  ticks = 0;
  /** Datagrams per batch, in the order the batches came. */
  readonly batches: number[] = [];
  /** Open paths; a client's test fills it in. */
  readonly paths: number[] = [];
  /** Set it to learn paths, as a server does. */
  outlets: Outlets | undefined;
  readonly #known = new Map<string, number>();
  #isCarrying = false;

  fromWireguard(session: number, batch: Batch): void {
    this.#begin(batch);
    batch.to.fill(session, 0, batch.count);
    this.targets.set(this.paths);
    this.targetCount = this.paths.length;
  }

  fromNetwork(batch: Batch): void {
    this.#begin(batch);
    for (let i = 0; i < batch.count; i++) {
      const message = batch.message[i]!;
      if (batch.path[message] === UNKNOWN_PATH) batch.path[message] = this.#pathOf(batch, message);
      batch.to[i] = 0;
    }
  }

  rest(): void {
    this.#isCarrying = false;
  }

  tick(): void {
    this.ticks++;
  }

  #begin(batch: Batch): void {
    if (this.#isCarrying)
      throw new Error('The engine began a batch and did not say that the last one was carried');
    this.#isCarrying = true;
    this.batches.push(batch.count);
  }

  #pathOf(batch: Batch, message: number): number {
    const at = message * ADDRESS_WORDS;
    const key = batch.source.subarray(at, at + ADDRESS_WORDS).join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const path = this.paths.length;
    this.#known.set(key, path);
    this.paths.push(path);
    this.outlets?.learnPath(path, batch, message);
    return path;
  }
}
