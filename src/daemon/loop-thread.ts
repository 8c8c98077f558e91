/** A thread that runs a packet loop: started, asked, woken, and made to end with the program. */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { LoopMessage, LoopRequest, LoopStart } from './loop-protocol.ts';

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);
/** Garbage is rare in the loop; a small young generation keeps its collection short, in mebibytes. */
const YOUNG_GENERATION_MB = 4;

type Ready = LoopMessage & { is: 'ready' };

export interface LoopThreadEvents {
  onMessage(message: LoopMessage): void;
  onCrash(error: Error): void;
}

export class LoopThread {
  readonly ready: Ready;
  readonly #worker: Worker;
  readonly #stopFlag: Int32Array;
  readonly #ended: Promise<void>;
  #isEnding = false;

  /** @throws when no engine can be had */
  static async start(start: Omit<LoopStart, 'stopFlag'>, events: LoopThreadEvents): Promise<LoopThread> {
    const stopFlag = new SharedArrayBuffer(4);
    const worker = new Worker(new URL('./packet-loop-thread.js', import.meta.url), {
      workerData: { ...start, stopFlag } satisfies LoopStart,
      execArgv: [], // flags meant for the main script (--input-type, --inspect-brk) would break the thread
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const ready = await new Promise<Ready>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    return new LoopThread(worker, ready, stopFlag, events);
  }

  private constructor(worker: Worker, ready: Ready, stopFlag: SharedArrayBuffer, events: LoopThreadEvents) {
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
