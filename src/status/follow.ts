/** Hears from one program as long as wanted; when it falls silent, is asked again and again until it is back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asker, CannotAsk } from '../asking/index.ts';
import type { Known } from './view.ts';

/** Waits between attempts, doubling from the first to the last. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 5_000;
/** The program speaks every second; after so much silence the connection counts as dead. */
const SILENCE_MS = 5_000;

export interface Listener {
  /** `text` is the overview as it came. */
  readonly onNews: (known: Known, text: string) => void;
  readonly onLost: (reason: string) => void;
  /** Sessions of a server to tell. */
  readonly sessions: number;
}

/** Returns when the signal says so. */
export async function follow(asker: Asker, listener: Listener, signal: AbortSignal): Promise<void> {
  let retryMs = RETRY_FIRST_MS;
  while (!signal.aborted) {
    try {
      await hear(asker, signal, listener, () => {
        retryMs = RETRY_FIRST_MS;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CannotAsk)) throw error;
      listener.onLost(error.message);
    }
    await sleep(retryMs, undefined, { signal }).catch(() => {}); // told to stop while waiting: the loop sees it
    retryMs = Math.min(retryMs * 2, RETRY_LAST_MS);
  }
}

/** One connection, from its opening to its end. */
async function hear(
  asker: Asker,
  signal: AbortSignal,
  listener: Listener,
  onHeard: () => void,
): Promise<void> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new CannotAsk(`Nothing heard for ${SILENCE_MS / 1000} s`));
  const watchdog = setTimeout(giveUp, SILENCE_MS);
  try {
    for await (const { name, data } of asker.stream(AbortSignal.any([signal, silence.signal]))) {
      if (name !== 'overview') continue;
      watchdog.refresh();
      onHeard();
      const overview = asker.overviewIn(data);
      const isServer = overview.role === 'server';
      listener.onNews({ overview, ...(isServer && { list: await asker.sessions(listener.sessions) }) }, data);
    }
  } finally {
    clearTimeout(watchdog);
  }
}
