/**
 * The memory that the packet loops of one server have in common: a ring each way between loop 0 and every other,
 * where to wake whom, and which numbers of paths are taken.
 */
import { Ring } from '../net/index.ts';
import { Places } from '../relay/index.ts';

/** Room for what comes within some milliseconds, or a session with all that is known of it. */
const RING_BYTES = 4 << 20;

/** One loop's share of it. */
export interface LoopLines {
  readonly number: number;
  readonly count: number;
  readonly lines: readonly {
    /** Number of the other loop. */
    readonly loop: number;
    readonly out: SharedArrayBuffer;
    readonly in: SharedArrayBuffer;
  }[];
  /** An Int32 for each loop: its eventfd. */
  readonly wakeFds: SharedArrayBuffer;
  readonly pathNumbers: SharedArrayBuffer;
}

/** By loop; of a loop that is alone: nothing. */
export function linesBetween(count: number, paths: number): (LoopLines | undefined)[] {
  if (count === 1) return [undefined];
  const wakeFds = new SharedArrayBuffer(count * 4);
  const pathNumbers = Places.memory(paths);
  const others = Array.from({ length: count - 1 }, (_, i) => ({
    loop: i + 1,
    out: Ring.memory(RING_BYTES),
    in: Ring.memory(RING_BYTES),
  }));
  const common = { count, wakeFds, pathNumbers };
  return [
    { ...common, number: 0, lines: others },
    ...others.map(({ loop, out, in: into }) => ({
      ...common,
      number: loop,
      lines: [{ loop: 0, out: into, in: out }],
    })),
  ];
}
