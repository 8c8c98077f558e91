/**
 * Garbage collections of the packet loops' threads, read from what V8 prints with --trace-gc. Which isolates are
 * theirs tells gc-mark.mjs: it makes each of them collect on purpose, and nobody else does that.
 */

/** `[pid:isolate] 71 ms: Scavenge 6.5 (9.0) -> 5.1 (9.0) MB, 0.42 / 0.02 ms ... biggest step 0.1 ms ...` */
const LINE = /^\[\d+:(0x[0-9a-f]+)\]\s+\d+ ms: .*? MB, ([\d.]+) \/ [\d.]+ ms/;
const STEP = /biggest step ([\d.]+) ms/;
const ON_PURPOSE = ' testing;';

export interface Collections {
  /** Of the loop that had most. */
  readonly count: number;
  /** The longest time that one stood still, in milliseconds; 0 without any. */
  readonly longestMs: number;
}

/** @param lines what the program printed, from its start @param from the first line to count */
export function collectionsOf(lines: readonly string[], from: number): Collections {
  const marked = lines.filter((line) => line.includes(ON_PURPOSE));
  const pauses = new Map(marked.map((line) => [LINE.exec(line)?.[1], [] as number[]]));
  if (pauses.size === 0) {
    throw new Error(
      'Cannot tell the collections of the packet loop: V8 did not print the one made on purpose',
    );
  }
  for (const line of lines.slice(from)) {
    const [, isolate, pauseMs] = LINE.exec(line) ?? [];
    if (isolate === undefined) continue;
    pauses.get(isolate)?.push(Math.max(Number(pauseMs), Number(STEP.exec(line)?.[1] ?? 0)));
  }
  const loops = [...pauses.values()];
  return {
    count: Math.max(...loops.map(({ length }) => length)),
    longestMs: Math.max(0, ...loops.flat()),
  };
}
