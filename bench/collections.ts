/**
 * Garbage collections of the packet loop's thread, read from what V8 prints with --trace-gc. Which of the
 * isolates it is, gc-mark.mjs makes it say.
 */

/** `[pid:isolate] 71 ms: Scavenge 6.5 (9.0) -> 5.1 (9.0) MB, 0.42 / 0.02 ms ... biggest step 0.1 ms ...` */
const LINE = /^\[\d+:(0x[0-9a-f]+)\]\s+\d+ ms: .*? MB, ([\d.]+) \/ [\d.]+ ms/;
const STEP = /biggest step ([\d.]+) ms/;

export interface Collections {
  readonly count: number;
  /** The longest time that the thread stood still, in milliseconds; 0 without any. */
  readonly longestMs: number;
}

/** @param lines what the program printed, from its start @param from the first line to count */
export function collectionsOf(lines: readonly string[], from: number): Collections {
  const marked = lines.indexOf('packet loop');
  const loop = lines.slice(marked + 1).flatMap((line) => LINE.exec(line)?.[1] ?? [])[0];
  if (marked < 0 || loop === undefined) {
    throw new Error('Cannot tell the collections of the packet loop: it did not say which isolate it has');
  }
  const pauses = lines.slice(from).flatMap((line) => {
    const [, isolate, pauseMs] = LINE.exec(line) ?? [];
    return isolate === loop ? [Math.max(Number(pauseMs), Number(STEP.exec(line)?.[1] ?? 0))] : [];
  });
  return { count: pauses.length, longestMs: Math.max(0, ...pauses) };
}
