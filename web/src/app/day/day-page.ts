/** The last 24 hours of the client's session, or of the one that is watched. */
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Router } from '@angular/router';
import { TUNNEL_TRACK } from '../contract.ts';
import { Live } from '../live/live.ts';
import type { PictureClick } from '../strip/picture.ts';
import { DayView } from './day-view.ts';
import { dayTexts } from './texts.ts';

@Component({
  selector: 'rg-day-page',
  imports: [DayView],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h1>{{ texts.title }}</h1>
    @if (live.session(); as session) {
      <rg-day-view [session]="session" (opened)="open($event)" />
    } @else {
      <p class="soft">{{ live.overview()?.role === 'server' ? texts.noSession : texts.notConnected }}</p>
    }
  `,
})
export class DayPage {
  protected readonly live = inject(Live);
  readonly #router = inject(Router);

  protected readonly texts = dayTexts;

  /** To the outage of that link at that time. */
  protected open({ track, at }: PictureClick): void {
    const link = track === TUNNEL_TRACK ? null : track;
    void this.#router.navigate(['/outages'], { queryParams: { link, at } });
  }
}
