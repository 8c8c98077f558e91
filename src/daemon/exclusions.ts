/**
 * What somebody excluded and included while running, beyond what the file says. It is forgotten at the end
 * unless it is kept in the file.
 */
import type { ExcludedBy, Wishes } from './path-plan.ts';

export class Exclusions {
  readonly #wishes = new Map<string, 'exclude' | 'include'>();

  get wishes(): Wishes {
    return this.#wishes;
  }

  /**
   * Wishes for a link; a wish for what the file says anyway is none.
   * @param byFile whether the file alone leaves the link out
   * @returns whether anything changed
   */
  set(name: string, wish: 'exclude' | 'include', byFile: ExcludedBy | undefined): boolean {
    const isExcluded =
      (this.#wishes.get(name) ?? (byFile === undefined ? 'include' : 'exclude')) === 'exclude';
    if (isExcluded === (wish === 'exclude')) return false;
    if ((byFile !== undefined) === (wish === 'exclude')) this.#wishes.delete(name);
    else this.#wishes.set(name, wish);
    return true;
  }

  /** @returns whether there was anything to forget */
  clear(): boolean {
    const hadWishes = this.#wishes.size > 0;
    this.#wishes.clear();
    return hadWishes;
  }

  /** The file changed: wishes that it fulfils now are none any more. */
  settle(byFile: (name: string) => ExcludedBy | undefined): void {
    for (const [name, wish] of this.#wishes) {
      if ((byFile(name) !== undefined) === (wish === 'exclude')) this.#wishes.delete(name);
    }
  }
}
