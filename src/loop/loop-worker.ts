/**
 * A thread that runs a packet loop: started, asked, woken, and made to end with the program. It can be begun before
 * anybody knows with which settings: most of its start needs none.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type EngineWish, engineWish } from './engine-wish.ts';
import type { LoopMessage, LoopPreparation, LoopRequest, LoopStart } from './protocol.ts';

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);
/** Garbage is rare in the loop; a small young generation keeps its collection short, in mebibytes. */
const YOUNG_GENERATION_MB = 4;

type Ready = LoopMessage & { is: 'ready' };

export interface LoopWorkerEvents {
  onMessage(message: LoopMessage): void;
  onCrash(error: Error): void;
}

/** A thread that loads its engine and waits for its settings. Holds up no process that ends without it. */
interface Begun extends LoopPreparation {
  readonly worker: Worker;
  readonly ready: Promise<Ready>;
}

let begun: Begun | undefined;

/** Begins a thread for the first `LoopWorker.start` to come. */
export function beginLoop(): void {
  const engine = engineWish();
  if (engine !== undefined) begun = begin(engine);
}

function takeBegun(engine: EngineWish): Begun | undefined {
  if (begun?.engine !== engine) return undefined;
  const taken = begun;
  begun = undefined;
  return taken;
}

function begin(engine: EngineWish): Begun {
  const preparation: LoopPreparation = { engine, stopFlag: new SharedArrayBuffer(4) };
  const worker = new Worker(new URL('./packet-loop-thread.js', import.meta.url), {
    workerData: preparation,
    execArgv: [], // flags meant for the main script (--input-type, --inspect-brk) would break the thread
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  worker.unref();
  const ready = new Promise<Ready>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  ready.catch(() => {}); // for whoever starts the loop to hear
  return { ...preparation, worker, ready };
}

export class LoopWorker {
  readonly ready: Ready;
  readonly #worker: Worker;
  readonly #stopFlag: Int32Array;
  readonly #ended: Promise<void>;
  #isEnding = false;

  /** @throws when no engine can be had */
  static async start(engine: EngineWish, start: LoopStart, events: LoopWorkerEvents): Promise<LoopWorker> {
    const { worker, ready, stopFlag } = takeBegun(engine) ?? begin(engine);
    worker.ref();
    worker.postMessage(start);
    return new LoopWorker(worker, await ready, stopFlag, events);
  }

  private constructor(worker: Worker, ready: Ready, stopFlag: SharedArrayBuffer, events: LoopWorkerEvents) {
    this.ready = ready;
    this.#worker = worker;
    this.#stopFlag = new Int32Array(stopFlag);
    worker.removeAllListeners('message').removeAllListeners('error');
    worker.on('message', events.onMessage);
    worker.on('error', events.onCrash);
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#isEnding) events.onCrash(new Error('Packet loop ended by itself'));
        resolve();
      });
    });
    // A thread that waits inside the kernel would hold up the process's end.
    process.once('exit', () => this.#halt());
  }

  post(request: LoopRequest): void {
    this.#worker.postMessage(request);
    this.#wake();
  }

  /** Closes every socket and ends the thread. */
  stop(): Promise<void> {
    this.#isEnding = true;
    this.post({ do: 'stop' });
    return this.#ended;
  }

  #wake(): void {
    const { wakeFd } = this.ready;
    if (wakeFd !== undefined) writeSync(wakeFd, ONE);
  }

  #halt(): void {
    this.#isEnding = true;
    Atomics.store(this.#stopFlag, 0, 1);
    this.#wake();
  }
}
