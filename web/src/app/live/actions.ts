/** What can be done to links, and the words of the program when it refuses. */
import { Injectable, signal } from '@angular/core';
import { ApiError, post } from './api.ts';

/** The refusal that asks whether one is sure. */
const LAST_LINK = 'last-working-path';

@Injectable({ providedIn: 'root' })
export class Actions {
  #isBusy = false;
  readonly #refusal = signal('');

  /** Why the last action was not done; empty when it was. */
  readonly refusal = this.#refusal.asReadonly();

  /** @returns whether the program wants a confirmation, because nothing would work without this link */
  async exclude(path: string, force: boolean): Promise<boolean> {
    const code = await this.#act(['paths', path, 'exclude'], { force });
    if (code !== LAST_LINK) return false;
    this.dismiss();
    return true;
  }

  include(path: string): Promise<unknown> {
    return this.#act(['paths', path, 'include']);
  }

  /** Forgets what was excluded and included here. */
  reset(): Promise<unknown> {
    return this.#act(['exclusions', 'reset']);
  }

  /** Writes it into the file. */
  keep(): Promise<unknown> {
    return this.#act(['exclusions', 'keep']);
  }

  /** In the demo only. */
  cut(path: string): Promise<unknown> {
    return this.#act(['demo', 'links', path, 'cut']);
  }

  /** In the demo only. */
  restore(path: string): Promise<unknown> {
    return this.#act(['demo', 'links', path, 'restore']);
  }

  dismiss(): void {
    this.#refusal.set('');
  }

  /**
   * The link's new state comes by the stream, so the answer's words are of no interest. One at a time, for
   * what the next one means depends on how this one ends; buttons stay enabled, or they would lose the focus.
   */
  async #act(path: readonly string[], body?: object): Promise<string> {
    if (this.#isBusy) return '';
    this.#isBusy = true;
    this.#refusal.set('');
    try {
      await post(path, body);
      return '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#refusal.set(error.message);
      return error.code;
    } finally {
      this.#isBusy = false;
    }
  }
}
