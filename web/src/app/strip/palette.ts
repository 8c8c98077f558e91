/** The colours of the cells, read from the style sheets, and read again when light turns dark. */
import { Injectable, inject, signal } from '@angular/core';
import { Theme } from '../shell/theme.ts';

export interface CellColours {
  readonly tunnel: string;
  readonly first: string;
  readonly late: string;
  readonly lost: string;
  readonly gap: string;
  readonly quiet: string;
}

@Injectable({ providedIn: 'root' })
export class Palette {
  readonly #theme = inject(Theme);
  readonly #systemChanges = signal(0);

  constructor() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.#systemChanges.update((count) => count + 1));
  }

  /** Reading it inside an effect repeats the effect whenever the colours change. */
  colours(): CellColours {
    this.#theme.choice();
    this.#systemChanges();
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(`--cell-${name}`).trim();
    return {
      tunnel: colour('tunnel'),
      first: colour('first'),
      late: colour('late'),
      lost: colour('lost'),
      gap: colour('gap'),
      quiet: colour('quiet'),
    };
  }
}
