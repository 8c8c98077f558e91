/** The title of the browser's tab: the view, then the program. */
import { Injectable, inject } from '@angular/core';
import { Title } from '@angular/platform-browser';
import { type RouterStateSnapshot, TitleStrategy } from '@angular/router';
import { texts } from '../texts.ts';

@Injectable()
export class PageTitle extends TitleStrategy {
  readonly #title = inject(Title);

  override updateTitle(snapshot: RouterStateSnapshot): void {
    const view = this.buildTitle(snapshot);
    this.#title.setTitle(view === undefined ? texts.shell.product : `${view} · ${texts.shell.product}`);
  }
}
