/** Light, dark, or as the system has it; remembered in this browser. */
import { Injectable, signal } from '@angular/core';

export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEMES)[number];

const KEY = 'rengarde.theme';

@Injectable({ providedIn: 'root' })
export class Theme {
  readonly #choice = signal<ThemeChoice>(remembered());
  readonly choice = this.#choice.asReadonly();

  constructor() {
    apply(this.#choice());
  }

  choose(choice: ThemeChoice): void {
    // Before the signal changes, so that whoever then reads colours reads the new ones.
    apply(choice);
    this.#choice.set(choice);
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // The browser keeps nothing for this page: the choice lasts until the page is closed.
    }
  }
}

function apply(choice: ThemeChoice): void {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

function remembered(): ThemeChoice {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}
