/**
 * Fuzzes one target until its time is over: takes an input that led somewhere new, changes it, tries it, keeps it when it
 * leads somewhere new. Runs as a process of its own (bundle.ts), watched by its parent (run.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORDS, type Words } from './bundle.ts';
import { corpusFolder, readCorpus, writeFound } from './corpus.ts';
import { Coverage } from './coverage.ts';
import { Growth, LOOKS } from './growth.ts';
import { Mutator, randomFrom } from './mutate.ts';
import type { Target } from './target.ts';
import { type Fault, Trials } from './trial.ts';

/** What the parent wants, as JSON in the first argument. */
export interface Wishes {
  readonly name: string;
  /** Where the program is, and what is found goes. */
  readonly directory: string;
  readonly seconds: number;
  readonly seed: number;
  readonly keep: boolean;
}

/** What the parent is told at the end, as the last line. */
export interface Outcome {
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly inputs: number;
  readonly bytes: number;
  readonly edges: number;
  readonly allEdges: number;
  readonly slowestMs: number;
  readonly growth: string;
  readonly faults: readonly string[];
}

export const SLOT = 'running.bin';
const REPORT_MS = 10_000;
const DEFAULT_MAX_BYTES = 4_096;
/** Further faults would only be the same ones in another form. */
const MOST_FAULTS = 8;
const SMALLER_TRIES = 2_000;
/** A corpus that is kept has this many bytes at most; the shortest inputs first. */
const MOST_KEPT_BYTES = 6_000;

declare const __fuzzHits: Uint8Array;

export async function fuzz(target: Target): Promise<void> {
  const wishes = JSON.parse(process.argv[2]!) as Wishes;
  const words = JSON.parse(readFileSync(join(wishes.directory, WORDS), 'utf8')) as Words;
  const { maxBytes = DEFAULT_MAX_BYTES } = target;
  const hits = __fuzzHits.subarray(0, (words.edges + 3) & ~3);
  const texts = [...words.texts, ...(target.words ?? [])];
  const mutator = new Mutator({ texts, numbers: words.numbers }, maxBytes, wishes.seed);
  const random = randomFrom(wishes.seed + 1);
  const trials = new Trials(target, join(wishes.directory, SLOT));
  const coverage = new Coverage(hits);
  const faults = new Map<string, string>();
  const inputs: Buffer[] = [];

  const attempt = async (bytes: Buffer): Promise<void> => {
    coverage.clear();
    const fault = await trials.run(bytes);
    const isNew = coverage.take() > 0;
    if (fault !== undefined && !faults.has(fault.kind)) await report(fault, bytes);
    else if (isNew && fault === undefined) inputs.push(unpooled(bytes));
  };
  const report = async (fault: Fault, bytes: Buffer): Promise<void> => {
    const small = fault.kind === 'slow' ? bytes : await smaller(bytes, fault, trials, random);
    const file = join(wishes.directory, `fault-${faults.size + 1}`);
    writeFileSync(file, small);
    faults.set(fault.kind, file);
    console.log(`${wishes.name}: ${fault.report}\n  the input: ${file}`);
  };

  const startMs = performance.now();
  const begin: Buffer[] = [Buffer.alloc(0), ...target.seeds().map((seed) => Buffer.from(seed))];
  for (const { bytes } of readCorpus(corpusFolder(wishes.name))) begin.push(bytes);
  for (const { bytes } of readCorpus(join(wishes.directory, 'corpus'))) begin.push(bytes);
  for (const bytes of begin) await attempt(bytes);
  const growth = new Growth();
  // From here on: the inputs to begin with, which may be many, are no part of the time.
  const endMs = performance.now() + wishes.seconds * 1000;
  const lookEveryMs = (wishes.seconds * 1000) / LOOKS;
  let lookAtMs = performance.now() + lookEveryMs;
  let reportAtMs = performance.now() + REPORT_MS;
  while (faults.size < MOST_FAULTS) {
    const nowMs = performance.now();
    if (nowMs >= endMs) break;
    if (nowMs >= lookAtMs) {
      growth.look(sumOf(inputs), inputs.length);
      lookAtMs = nowMs + lookEveryMs;
    }
    if (nowMs >= reportAtMs) {
      const perSecond = (trials.count / (nowMs - startMs)) * 1000;
      console.log(
        `${wishes.name}: ${((nowMs - startMs) / 1000).toFixed()} s, ${perSecond.toFixed()}/s, ` +
          `${inputs.length} inputs, ${coverage.edges} of ${words.edges} edges, ${growth.latest}`,
      );
      reportAtMs += REPORT_MS;
    }
    const newest = random(2) === 0 ? Math.max(0, inputs.length - 32) : 0;
    const input = inputs[newest + random(inputs.length - newest)] ?? Buffer.alloc(0);
    await attempt(mutator.mutate(input, inputs[random(inputs.length)] ?? input));
    if ((trials.count & 255) === 0) await new Promise(setImmediate);
  }
  const seconds = (performance.now() - startMs) / 1000;
  growth.look(sumOf(inputs), inputs.length);
  await writeFound(join(wishes.directory, 'corpus'), inputs);
  if (wishes.keep)
    await writeFound(corpusFolder(wishes.name), await smallest(begin.concat(inputs), trials, hits));
  const outcome: Outcome = {
    runs: trials.count,
    runsPerSecond: trials.count / seconds,
    inputs: inputs.length,
    bytes: sumOf(inputs),
    edges: coverage.edges,
    allEdges: words.edges,
    slowestMs: trials.slowestMs,
    growth: growth.verdict(),
    faults: [...faults.values()],
  };
  console.log(JSON.stringify(outcome));
  process.exit(0); // what a target has left running is not waited for
}

/** The input with as much left out as the fault does not need. */
async function smaller(bytes: Buffer, fault: Fault, trials: Trials, random: (below: number) => number) {
  let small = bytes;
  for (let tries = 0; tries < SMALLER_TRIES && small.length > 0; tries++) {
    const at = random(small.length);
    const piece = 1 + random(tries % 2 === 0 ? small.length - at : 4);
    const shorter = Buffer.concat([small.subarray(0, at), small.subarray(at + piece)]);
    if ((await trials.run(shorter))?.kind === fault.kind) small = shorter;
  }
  return small;
}

/** Short inputs that together move every counter that `inputs` do. */
async function smallest(inputs: readonly Buffer[], trials: Trials, hits: Uint8Array): Promise<Buffer[]> {
  const coverage = new Coverage(hits);
  const kept: Buffer[] = [];
  for (const bytes of inputs.toSorted((a, b) => a.length - b.length)) {
    coverage.clear();
    if ((await trials.run(bytes)) !== undefined) continue;
    if (coverage.take() === 2 && sumOf(kept) + bytes.length <= MOST_KEPT_BYTES) kept.push(bytes);
  }
  return kept;
}

/** A small buffer is a piece of a larger one, which would be kept with it. */
function unpooled(bytes: Buffer): Buffer {
  const own = Buffer.alloc(bytes.length);
  bytes.copy(own);
  return own;
}

function sumOf(inputs: readonly Buffer[]): number {
  return inputs.reduce((sum, { length }) => sum + length, 0);
}
