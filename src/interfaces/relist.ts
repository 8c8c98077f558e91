/**
 * Lists again when told to, and passes a list on only if it differs from the last. The first signal of a
 * burst counts at once; the rest of the burst is made good by one more list when it has calmed down: a link
 * that comes up is announced twice within milliseconds, and the list may lag behind its announcement.
 */
import type { NetworkInterface } from './interface.ts';

/** Longest wait of a change that comes just behind another; the promise is 50 ms. */
const SETTLE_MS = 20;

export interface RelistOptions {
  readonly list: () => NetworkInterface[];
  readonly onChange: (interfaces: NetworkInterface[]) => void;
  /** Called when listing begins to fail, not again until it has worked in between. */
  readonly onFault: (message: string) => void;
}

export class Relist {
  readonly #options: RelistOptions;
  #last: string | undefined;
  #isFailing = false;
  #settling: NodeJS.Timeout | undefined;
  #isSignalled = false;

  /** Takes the first list, to compare with, now. */
  constructor(options: RelistOptions) {
    this.#options = options;
    const interfaces = this.#list();
    this.#last = interfaces && JSON.stringify(interfaces);
  }

  /** Something may have changed. At most one list per 20 ms comes of it, besides the immediate one. */
  signal(): void {
    this.#isSignalled = true;
    if (this.#settling !== undefined) return;
    // First the timer: a callback that throws must not stop the watch.
    this.#settling = setTimeout(() => this.#settle(), SETTLE_MS);
    this.#isSignalled = false;
    this.#compare();
  }

  /** For what nothing announced: one list, unless one is due anyway. */
  look(): void {
    if (this.#settling === undefined) this.#compare();
  }

  /** Forgets the list that was due; no signal may follow. */
  close(): void {
    clearTimeout(this.#settling);
  }

  #settle(): void {
    this.#settling = this.#isSignalled ? setTimeout(() => this.#settle(), SETTLE_MS) : undefined;
    this.#isSignalled = false;
    this.#compare();
  }

  #compare(): void {
    const interfaces = this.#list();
    if (interfaces === undefined) return;
    const now = JSON.stringify(interfaces);
    if (now === this.#last) return;
    this.#last = now;
    this.#options.onChange(interfaces);
  }

  #list(): NetworkInterface[] | undefined {
    try {
      const interfaces = this.#options.list();
      this.#isFailing = false;
      return interfaces;
    } catch (error) {
      if (!this.#isFailing) {
        this.#options.onFault(`Cannot list network interfaces: ${(error as Error).message}`);
      }
      this.#isFailing = true;
      return undefined;
    }
  }
}
