/** What people do to a client's links while it runs: exclude, include, reset, keep. */
import { EditError, keepExclusions } from '../config/index.ts';
import type { Action, ActionRefusal, ActionResult, PathState } from '../contract/index.ts';
import type { DemoControl } from './demo-control.ts';
import type { Exclusions } from './exclusions.ts';
import type { ExcludedBy } from './path-plan.ts';
import type { Notify } from './role-view.ts';
import { isOpen } from './tunnel-view.ts';

export interface ClientActionsParts {
  readonly file: string;
  readonly exclusions: Exclusions;
  readonly demo: DemoControl | undefined;
  /** Every link there is, and how it fares. */
  readonly states: () => ReadonlyMap<string, PathState>;
  readonly excludedByFile: (name: string) => ExcludedBy | undefined;
  /** Whether an interface is of a kind that is only used when it is named. */
  readonly isLeftOutByKind: (name: string) => boolean;
  readonly replan: () => void;
  readonly reread: () => Promise<void>;
  readonly notify: Notify;
}

export class ClientActions {
  readonly #parts: ClientActionsParts;

  constructor(parts: ClientActionsParts) {
    this.#parts = parts;
  }

  carryOut(action: Action): Promise<ActionResult> {
    switch (action.do) {
      case 'exclude':
        return Promise.resolve(this.#exclude(action));
      case 'include':
        return Promise.resolve(this.#set(action.path, 'include', action.anyName === true));
      case 'reset':
        return Promise.resolve(this.#reset());
      case 'keep':
        return this.#keep();
      case 'cut':
      case 'restore':
        return Promise.resolve(this.#cut(action.do, action.path));
    }
  }

  #exclude({ path, force, anyName }: Action & { do: 'exclude' }): ActionResult {
    const states = this.#parts.states();
    const state = states.get(path);
    const others = [...states].filter(([name, other]) => name !== path && other === 'up');
    if (!force && state !== undefined && isOpen(state) && others.length === 0) {
      const message = `Cannot exclude ${path}: it is the last link that works, and the tunnel would be cut; use "force" to do it all the same`;
      return refused('last-working-path', message);
    }
    return this.#set(path, 'exclude', anyName === true);
  }

  #set(name: string, wish: 'exclude' | 'include', anyName: boolean): ActionResult {
    const { exclusions, excludedByFile, replan, notify } = this.#parts;
    if (!anyName && !this.#parts.states().has(name)) return this.#unknown(wish, name);
    const changed = exclusions.set(name, wish, excludedByFile(name));
    if (changed) {
      replan();
      notify(wish === 'exclude' ? 'path-excluded' : 'path-included', { path: name }, 'by hand');
    }
    return { status: 'ok', changed };
  }

  #reset(): ActionResult {
    const changed = this.#parts.exclusions.clear();
    if (changed) {
      this.#parts.replan();
      this.#parts.notify('exclusions-reset', {}, '');
    }
    return { status: 'ok', changed };
  }

  async #keep(): Promise<ActionResult> {
    const { file, exclusions, isLeftOutByKind, reread, notify } = this.#parts;
    const { wishes } = exclusions;
    if (wishes.size === 0) return { status: 'ok', changed: false };
    const kept = [...wishes].map(([name, wish]) => `${name} ${wish}d`).join(', ');
    try {
      await keepExclusions(file, new Map(wishes), isLeftOutByKind);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      return refused('cannot-keep', error.message);
    }
    await reread();
    notify('exclusions-kept', {}, kept);
    return { status: 'ok', changed: true };
  }

  #cut(what: 'cut' | 'restore', path: string): ActionResult {
    const { demo } = this.#parts;
    if (demo === undefined)
      return refused('not-a-demo', `Cannot ${what} ${path}: only the demo's links can be`);
    return demo[what](path) ? { status: 'ok', changed: true } : this.#unknown(what, path);
  }

  #unknown(what: string, name: string): ActionResult {
    const known = [...this.#parts.states().keys()].join(', ');
    return refused('unknown-path', `Cannot ${what} "${name}": there is no such link; there are: ${known}`);
  }
}

function refused(code: ActionRefusal, message: string): ActionResult {
  return { status: 'refused', code, message };
}
