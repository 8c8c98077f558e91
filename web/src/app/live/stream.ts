/**
 * The stream of server-sent events, kept open: it is opened again after it broke, when nothing came for a
 * while, and when the computer or the tab has slept. What the events mean is left to the listener.
 */
import type { StreamEvents } from '../contract.ts';

/** Waits between attempts, doubling from the first to the last. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 5000;

/** The program speaks every second; after so much silence the connection counts as dead. */
const SILENCE_MS = 5000;

const CHECK_MS = 1000;

const EVENT_NAMES = [
  'overview',
  'second',
  'session',
  'gone',
  'event',
  'outage',
] as const satisfies readonly (keyof StreamEvents)[];

export interface StreamListener {
  /** The stream is open; what happened before is not in it. */
  opened(): void;
  news<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void;
  /**
   * It broke, and is opened again some time after this is done. `refused`: the program answered, but not with a
   * stream.
   */
  lost(refused: boolean): Promise<void>;
}

export class Stream {
  readonly #url: string;
  readonly #listener: StreamListener;
  #source: EventSource | undefined;
  #retryMs = RETRY_FIRST_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #newsMs = 0;
  #isClosed = false;
  readonly #check: ReturnType<typeof setInterval>;
  readonly #onWake = () => this.#look();

  constructor(url: string, listener: StreamListener) {
    this.#url = url;
    this.#listener = listener;
    this.#check = setInterval(() => this.#look(), CHECK_MS);
    document.addEventListener('visibilitychange', this.#onWake);
    window.addEventListener('online', this.#onWake);
    this.#open();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#check);
    clearTimeout(this.#retry);
    document.removeEventListener('visibilitychange', this.#onWake);
    window.removeEventListener('online', this.#onWake);
    this.#source?.close();
    this.#source = undefined;
  }

  #open(): void {
    this.#newsMs = performance.now();
    const source = new EventSource(this.#url);
    this.#source = source;
    source.onopen = () => this.#listener.opened();
    source.onerror = () => void this.#lose(source.readyState === EventSource.CLOSED);
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        this.#newsMs = performance.now();
        this.#retryMs = RETRY_FIRST_MS;
        this.#listener.news(name, JSON.parse(message.data) as StreamEvents[typeof name]);
      });
    }
  }

  /** Timers stand still in a sleeping tab, so this also runs when it wakes. */
  #look(): void {
    if (this.#source !== undefined && performance.now() - this.#newsMs > SILENCE_MS) void this.#lose(false);
  }

  /** The browser's own way of reconnecting is left out: it gives up after a refusal. */
  async #lose(refused: boolean): Promise<void> {
    this.#source?.close();
    this.#source = undefined;
    await this.#listener.lost(refused);
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
  }
}
