/**
 * Runs the Linux engine and the test's steps in one thread: the engine holds the thread in its loop, so the
 * steps, a generator, go on from its wake-ups. Every `yield` lets the engine serve what waits.
 */
import { writeSync } from 'node:fs';
import { LinuxEngine } from '../../src/linux/index.ts';
import { Counters, isFault, type Notice, type SocketAddress } from '../../src/net/index.ts';
import { PlainCore } from './plain-core.ts';

/** Wake-ups between two steps: what is sent in one is delivered and served before the next. */
const WAKES_PER_STEP = 3;
const LONGEST_WAIT_MS = 3_000;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

export interface Driven {
  readonly engine: LinuxEngine;
  readonly core: PlainCore;
  readonly counters: Counters;
  readonly notices: Notice[];
}

/** Runs `steps` to their end, then stops the engine; resolves when it has closed everything. */
export async function driveLinux(steps: (driven: Driven) => Iterator<void>): Promise<void> {
  const counters = Counters.forPaths(16);
  const notices: Notice[] = [];
  const core = new PlainCore();
  let wakes = 0;
  const wake = () => void writeSync(engine.wakeFd, ONE);
  const engine: LinuxEngine = new LinuxEngine({
    core,
    counters,
    onNotice: (notice) => notices.push(notice),
    onWake() {
      if (++wakes % WAKES_PER_STEP === 0 && advance()) engine.stop();
      else wake();
    },
  });
  const running = steps({ engine, core, counters, notices });
  let failure: unknown;
  function advance(): boolean {
    try {
      return running.next().done === true;
    } catch (error) {
      failure = error; // thrown when the engine has closed its sockets
      return true;
    }
  }
  wake();
  await engine.run();
  if (failure !== undefined) throw failure;
}

/** Yields until `holds`. */
export function* until(holds: () => boolean): Generator<void, void> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Still not so after ${LONGEST_WAIT_MS} ms: ${holds}`);
    yield;
  }
}

/** The address that a set-up call was answered with. */
export function opened(
  call: (answer: (result: SocketAddress | { code: string; message: string }) => void) => void,
) {
  let address: SocketAddress | undefined;
  call((result) => {
    if (isFault(result)) throw new Error(result.message);
    address = result;
  });
  return address!;
}
