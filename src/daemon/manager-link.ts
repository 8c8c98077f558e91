/**
 * Control's hold on the manager's thread: starts it, answers what it asks, hands it seconds and events, and
 * starts it again when it has died. Whatever happens to it, the tunnel does not notice.
 */
import { Worker } from 'node:worker_threads';
import type { NewEvent } from '../contract/index.ts';
import type { Frame } from '../history/index.ts';
import type {
  Answers,
  FromManager,
  ManagerSettings,
  ManagerStart,
  Question,
  ToManager,
} from '../manager/index.ts';
import type { Log } from '../telemetry/index.ts';

const FIRST_RESTART_MS = 1_000;
const LAST_RESTART_MS = 60_000;
/** A manager that ran for this long is started again without a grown delay. */
const STEADY_MS = 60_000;
/** Time to keep the past when the program ends, below the whole program's. */
const STOP_WITHIN_MS = 600;
/** Mebibytes of JavaScript objects: a manager that wants more ends, not the tunnel. */
const MOST_HEAP_MB = 192;
const YOUNG_GENERATION_MB = 8;

export interface ManagerHost {
  answer(question: Question): Promise<Answers[keyof Answers]> | Answers[keyof Answers];
  /** A thread starts, the first or one more: it knows nothing yet. */
  onStart(): void;
}

export class ManagerLink {
  readonly #start: ManagerStart;
  readonly #log: Log;
  readonly #host: ManagerHost;
  readonly #entry: URL;
  /** undefined: it shall not listen. */
  #settings: ManagerSettings | undefined;
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #restartMs = FIRST_RESTART_MS;
  #startedMs = 0;
  #isStopping = false;
  #stopped: (() => void) | undefined;

  /** @param entry the thread's script; another one in tests */
  constructor(
    start: ManagerStart,
    log: Log,
    host: ManagerHost,
    entry = new URL('../manager/manager-thread.js', import.meta.url),
  ) {
    this.#start = start;
    this.#settings = start.settings;
    this.#log = log;
    this.#host = host;
    this.#entry = entry;
    this.#run();
  }

  second(frame: Frame): void {
    this.#post({ is: 'frame', frame });
  }

  event(event: NewEvent): void {
    this.#post({ is: 'event', event });
  }

  /** A link's state changed. */
  changed(): void {
    this.#post({ is: 'changed' });
  }

  follow(settings: ManagerSettings | undefined): void {
    this.#settings = settings;
    this.#post({ is: 'settings', settings });
  }

  /** Lets it keep the past, for a moment at most, and ends it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#sayCutOff();
        resolve();
      }, STOP_WITHIN_MS);
      this.#stopped = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#post({ is: 'stop' });
    });
    await worker.terminate();
  }

  #run(): void {
    this.#startedMs = performance.now();
    try {
      this.#worker = this.#startThread();
    } catch (error) {
      // The system has no thread to give (pthread_create(3), EAGAIN): it may have one later.
      this.#sayDied((error as Error).message);
      this.#runLater();
      return;
    }
    this.#host.onStart();
  }

  #startThread(): Worker {
    const worker = new Worker(this.#entry, {
      workerData: { ...this.#start, settings: this.#settings } satisfies ManagerStart,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.on('message', (message: FromManager) => this.#hear(worker, message));
    worker.on('error', (error) => this.#log.debug({ error: error.stack }, 'the manager threw'));
    worker.once('error', (error) => this.#sayDied(error.message));
    worker.once('exit', () => this.#ended(worker));
    return worker;
  }

  #sayDied(message: string): void {
    const delay = `${this.#restartMs / 1000} s`;
    this.#log.error(
      `the web interface failed (${message}); the tunnel goes on; starting it again in ${delay}`,
    );
  }

  #sayCutOff(): void {
    if (this.#start.historyFile === undefined || this.#settings === undefined) return;
    this.#log.warn(
      `Cannot keep the history in ${this.#start.historyFile}: the web interface needs more than ${STOP_WITHIN_MS} ms to end; ` +
        'what is in the file stays',
    );
  }

  #ended(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#stopped?.();
    if (this.#isStopping) return;
    if (performance.now() - this.#startedMs > STEADY_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#runLater();
  }

  #runLater(): void {
    this.#restart = setTimeout(() => this.#run(), this.#restartMs);
    this.#restart.unref();
    this.#restartMs = Math.min(this.#restartMs * 2, LAST_RESTART_MS);
  }

  #hear(worker: Worker, message: FromManager): void {
    switch (message.is) {
      case 'ask':
        void this.#answer(worker, message.id, message.question);
        break;
      case 'listening':
        this.#log.info({ address: message.address }, `web interface: ${message.url}`);
        break;
      case 'log':
        this.#log[message.level](message.message);
        break;
      case 'stopped':
        this.#stopped?.();
        break;
    }
  }

  async #answer(worker: Worker, id: number, question: Question): Promise<void> {
    try {
      const answer = await this.#host.answer(question);
      worker.postMessage({ is: 'answer', id, answer } satisfies ToManager);
    } catch (error) {
      // A mistake of ours, and none that the tunnel should suffer for.
      const { message } = error as Error;
      this.#log.error(`Cannot answer the web interface (${question.what}): ${message}`);
      worker.postMessage({ is: 'no-answer', id, message } satisfies ToManager);
    }
  }

  #post(message: ToManager): void {
    this.#worker?.postMessage(message);
  }
}
