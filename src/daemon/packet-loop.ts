/**
 * The control thread's hold on the packet loop: starts its thread, asks it for sockets and paths, hears
 * what it notices, and makes sure that it ends with the program.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Counters, type Fault, type PathSpec, type Side, type SocketAddress } from '../net/index.ts';
import type { LoopMessage, LoopRequest, LoopSettings, LoopStart } from './loop-protocol.ts';

type Answer = (result: SocketAddress | Fault) => void;
type Told = Exclude<LoopMessage, { is: 'ready' } | { is: 'answer' }>;

export interface PacketLoopEvents {
  onTold(message: Told): void;
  /** The thread died, and with it the tunnel. */
  onCrash(error: Error): void;
}

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);
/** Garbage is rare in the loop; a small young generation keeps its collection short, in mebibytes. */
const YOUNG_GENERATION_MB = 4;

export class PacketLoop {
  readonly counters: Counters;
  /** Which engine runs, and why not the fast one, when it was wanted. */
  readonly engine: string;
  readonly fallback: string | undefined;
  readonly #worker: Worker;
  readonly #wakeFd: number | undefined;
  readonly #answers = new Map<number, Answer>();
  readonly #events: PacketLoopEvents;
  readonly #stopFlag: Int32Array;
  readonly #ended: Promise<void>;
  #isEnding = false;
  #nextId = 1;

  /** Starts the thread. @throws when no engine can be had */
  static async start(settings: LoopSettings, events: PacketLoopEvents): Promise<PacketLoop> {
    const counters = new Counters(settings.shape);
    const stopFlag = new SharedArrayBuffer(4);
    const start: LoopStart = { settings, counters: counters.shared, stopFlag };
    const worker = new Worker(new URL('./packet-loop-thread.js', import.meta.url), {
      workerData: start,
      execArgv: [], // flags meant for the main script (--input-type, --inspect-brk) would break the thread
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    const ready = await new Promise<LoopMessage & { is: 'ready' }>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    return new PacketLoop(worker, ready, counters, stopFlag, events);
  }

  private constructor(
    worker: Worker,
    ready: LoopMessage & { is: 'ready' },
    counters: Counters,
    stopFlag: SharedArrayBuffer,
    events: PacketLoopEvents,
  ) {
    this.counters = counters;
    this.engine = ready.engine;
    this.fallback = ready.fallback;
    this.#worker = worker;
    this.#wakeFd = ready.wakeFd;
    this.#events = events;
    this.#stopFlag = new Int32Array(stopFlag);
    worker.removeAllListeners('message').removeAllListeners('error');
    worker.on('message', (message: LoopMessage) => this.#hear(message));
    worker.on('error', (error) => events.onCrash(error));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#isEnding) events.onCrash(new Error('Packet loop ended by itself'));
        resolve();
      });
    });
    // A thread that waits inside the kernel would hold up the process's end.
    process.once('exit', () => this.#halt());
  }

  listen(side: Side, address: SocketAddress): Promise<SocketAddress | Fault> {
    return this.#ask((id) => ({ do: 'listen', id, side, address }));
  }

  /**
   * @param path its number, free and below the number of places
   * @param slot its link's place in the session; a path that has it now is replaced
   */
  openPath(path: number, slot: number, spec: PathSpec): Promise<SocketAddress | Fault> {
    return this.#ask((id) => ({ do: 'open-path', id, path, slot, spec }));
  }

  closePath(path: number): void {
    this.#post({ do: 'close-path', path });
  }

  setUpstream(address: SocketAddress): void {
    this.#post({ do: 'set-upstream', address });
  }

  retry(): void {
    this.#post({ do: 'retry' });
  }

  /** Closes every socket and ends the thread. */
  stop(): Promise<void> {
    this.#isEnding = true;
    this.#post({ do: 'stop' });
    return this.#ended;
  }

  #ask(request: (id: number) => LoopRequest): Promise<SocketAddress | Fault> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#post(request(id));
    });
  }

  #post(request: LoopRequest): void {
    this.#worker.postMessage(request);
    this.#wake();
  }

  #hear(message: LoopMessage): void {
    if (message.is === 'answer') {
      this.#answers.get(message.id)?.(message.result);
      this.#answers.delete(message.id);
    } else if (message.is !== 'ready') {
      this.#events.onTold(message);
    }
  }

  #wake(): void {
    if (this.#wakeFd !== undefined) writeSync(this.#wakeFd, ONE);
  }

  #halt(): void {
    this.#isEnding = true;
    Atomics.store(this.#stopFlag, 0, 1);
    this.#wake();
  }
}
