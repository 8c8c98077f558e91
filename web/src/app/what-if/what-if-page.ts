/** The what-if table of the client's session, or of the one that is watched. */
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Live } from '../live/live.ts';
import { whatIfTexts } from './texts.ts';
import { WhatIfTable } from './what-if-table.ts';

@Component({
  selector: 'rg-what-if-page',
  imports: [WhatIfTable],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h1>{{ texts.title }}</h1>
    <p class="intro">{{ texts.intro }}</p>
    @if (live.session(); as session) {
      <rg-what-if-table [class.is-stale]="!live.isConnected()" [session]="session" />
    } @else {
      <p class="empty">{{ live.overview()?.role === 'server' ? texts.session : texts.notConnected }}</p>
    }
  `,
})
export class WhatIfPage {
  protected readonly live = inject(Live);
  protected readonly texts = whatIfTexts;
}
