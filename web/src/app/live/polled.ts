/** A resource asked for again and again while somebody looks, for what the stream doesn't bring. */
import { computed, DestroyRef, effect, inject, type Signal, signal, untracked } from '@angular/core';
import { ApiError, get, isRefused } from './api.ts';

/** After a failure nobody waits for the next round. */
const RETRY_MS = 5000;

export interface Asked {
  readonly path: readonly string[];
  readonly query?: NonNullable<Parameters<typeof get>[1]>;
}

export interface Polled<T> {
  /** The last answer, also while another is awaited or after a failure; undefined before the first. */
  readonly value: Signal<T | undefined>;
  /**
   * Why the last request failed; undefined when it didn't, and also when the program is out of reach but an
   * earlier answer is there: the page's header says that already.
   */
  readonly failure: Signal<ApiError | undefined>;
}

/**
 * Asks at once, when `ask` gives something else, every `everyMs` after an answer, and when the tab is looked
 * at again. `ask` gives undefined to ask for nothing; nothing is asked once the program wants another password.
 * Call it where `inject` may be called.
 */
export function polled<T>(ask: () => Asked | undefined, everyMs: number): Polled<T> {
  const value = signal<T | undefined>(undefined);
  const failure = signal<ApiError | undefined>(undefined);
  const asked = computed(ask, { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) });
  const seen = signal(!document.hidden);
  const look = () => seen.set(!document.hidden);
  document.addEventListener('visibilitychange', look);
  inject(DestroyRef).onDestroy(() => document.removeEventListener('visibilitychange', look));

  effect((onCleanup) => {
    const wanted = asked();
    if (wanted === undefined || !seen() || isRefused()) return;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    onCleanup(() => {
      isCurrent = false;
      clearTimeout(timer);
    });
    const load = async () => {
      const answer = await get<T>(wanted.path, wanted.query).catch((error: unknown) => {
        if (error instanceof ApiError) return error;
        throw error;
      });
      if (!isCurrent) return;
      if (!(answer instanceof ApiError)) value.set(answer);
      const isTold = answer instanceof ApiError && (answer.status !== 0 || untracked(value) === undefined);
      failure.set(isTold ? answer : undefined);
      const waitMs = answer instanceof ApiError ? Math.min(everyMs, RETRY_MS) : everyMs;
      timer = setTimeout(() => void load(), waitMs);
    };
    void load();
  });
  return { value: value.asReadonly(), failure: failure.asReadonly() };
}
