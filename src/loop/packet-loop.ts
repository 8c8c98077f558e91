/**
 * The control thread's hold on the packet loop: starts its threads, asks it for sockets and paths, hears what it
 * notices, and makes sure that it ends with the program. Of several threads all but the first only carry: what
 * there is to ask and to hear is the first's.
 */
import { Counters, type Fault, type PathSpec, type Side, type SocketAddress } from '../net/index.ts';
import type { EngineWish } from './engine-wish.ts';
import { linesBetween } from './lines.ts';
import { LoopWorker } from './loop-worker.ts';
import type { LoopMessage, LoopRequest, LoopSettings } from './protocol.ts';

type Answer = (result: SocketAddress | Fault) => void;
type Told = Exclude<LoopMessage, { is: 'ready' } | { is: 'answer' }>;

export interface PacketLoopEvents {
  onTold(message: Told): void;
  /** A thread died, and with it the tunnel. */
  onCrash(error: Error): void;
}

export class PacketLoop {
  readonly counters: Counters;
  /** Which engine runs, and why not the fast one, when it was wanted. */
  readonly engine: string;
  readonly fallback: string | undefined;
  readonly #threads: readonly [LoopWorker, ...LoopWorker[]];
  readonly #answers: Map<number, Answer>;
  #nextId = 1;

  /** Starts `threads` threads, or one where only the portable engine runs. @throws when no engine can be had */
  static async start(
    engine: EngineWish,
    settings: LoopSettings,
    events: PacketLoopEvents,
  ): Promise<PacketLoop> {
    const { shape } = settings;
    const counters = new Counters(shape);
    const answers = new Map<number, Answer>();
    const onMessage = (message: LoopMessage) => {
      if (message.is === 'answer') {
        answers.get(message.id)?.(message.result);
        answers.delete(message.id);
      } else if (message.is !== 'ready') {
        events.onTold(message);
      }
    };
    const places = linesBetween(shape.loops ?? 1, shape.paths);
    const [first, ...others] = await Promise.all(
      places.map((loops) =>
        LoopWorker.start(
          engine,
          { settings, counters: counters.shared, ...(loops !== undefined && { loops }) },
          { onMessage, onCrash: events.onCrash },
        ),
      ),
    );
    // Threads of the portable engine know nothing of each other.
    const carrying = first!.ready.engine === 'linux' ? others : [];
    if (carrying.length === 0) await Promise.all(others.map((other) => other.stop()));
    return new PacketLoop([first!, ...carrying], counters, answers);
  }

  private constructor(
    threads: readonly [LoopWorker, ...LoopWorker[]],
    counters: Counters,
    answers: Map<number, Answer>,
  ) {
    const { engine, fallback } = threads[0].ready;
    this.counters = counters;
    this.engine = engine;
    this.fallback = fallback;
    this.#threads = threads;
    this.#answers = answers;
  }

  get threads(): number {
    return this.#threads.length;
  }

  /** Grows while every thread lives. */
  get heartbeats(): number {
    return Math.min(...this.#threads.map((_, loop) => this.counters.loop(loop, 'ticks')));
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
    this.#postAll({ do: 'set-upstream', address });
  }

  retry(): void {
    this.#postAll({ do: 'retry' });
  }

  /** Closes every socket and ends the threads. */
  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }

  #ask(request: (id: number) => LoopRequest): Promise<SocketAddress | Fault> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#post(request(id));
    });
  }

  #post(request: LoopRequest): void {
    this.#threads[0].post(request);
  }

  #postAll(request: LoopRequest): void {
    for (const thread of this.#threads) thread.post(request);
  }
}
