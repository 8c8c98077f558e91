/**
 * One input handed to a target, watched from outside and inside: it is written to a file first, so that the parent
 * process still has it when this one hangs, dies or runs out of memory.
 */
import { openSync, writeSync } from 'node:fs';
import type { Target } from './target.ts';

/** In the file: number of the trial, length, input. */
export const SLOT_HEADER_BYTES = 8;
export const DEFAULT_SLOW_MS = 500;
const LONGEST_INPUT = 1 << 20;
/** A busy machine makes anything slow: then it is tried again, and processor time counts. */
const SLOW_TRIES = 3;

/** What did not hold. Two of the same `kind` are one fault, as far as can be told. */
export interface Fault {
  readonly kind: string;
  readonly report: string;
}

export class Trials {
  readonly #target: Target;
  readonly #slot: number;
  readonly #buffer = Buffer.alloc(SLOT_HEADER_BYTES + LONGEST_INPUT);
  count = 0;
  slowestMs = 0;

  constructor(target: Target, slotFile: string) {
    this.#target = target;
    this.#slot = openSync(slotFile, 'w');
  }

  /** What is wrong with the input; undefined when nothing is. */
  async run(bytes: Buffer): Promise<Fault | undefined> {
    const { slowMs = DEFAULT_SLOW_MS } = this.#target;
    const startMs = performance.now();
    const fault = await this.#once(bytes);
    if (fault !== undefined) return fault;
    let leastMs = performance.now() - startMs;
    for (let tries = 1; tries < SLOW_TRIES && leastMs >= slowMs; tries++) {
      const before = process.cpuUsage();
      await this.#once(bytes);
      const { user, system } = process.cpuUsage(before);
      leastMs = Math.min(leastMs, (user + system) / 1000);
    }
    this.slowestMs = Math.max(this.slowestMs, leastMs);
    if (leastMs < slowMs) return undefined;
    return { kind: 'slow', report: `took ${leastMs.toFixed()} ms of the processor, want at most ${slowMs}` };
  }

  async #once(bytes: Buffer): Promise<Fault | undefined> {
    this.#announce(bytes);
    try {
      const result = this.#target.run(bytes);
      if (result !== undefined) await result;
      return undefined;
    } catch (error) {
      const report = error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}`;
      return { kind: kindOf(error), report };
    }
  }

  #announce(bytes: Buffer): void {
    this.#buffer.writeUInt32LE(++this.count >>> 0, 0);
    this.#buffer.writeUInt32LE(bytes.length, 4);
    bytes.copy(this.#buffer, SLOT_HEADER_BYTES);
    writeSync(this.#slot, this.#buffer, 0, SLOT_HEADER_BYTES + bytes.length, 0);
  }
}

/** The class of the error, and the place that it came from. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\n +at .*/.exec(error.stack ?? '')?.[0] ?? '';
  return `${error.name}${place}`;
}
