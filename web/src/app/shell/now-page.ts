/** The first view: what happens now, by role. */
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { ClientPage } from '../client/client-page.ts';
import { Live } from '../live/live.ts';
import { ServerPage } from '../server/server-page.ts';
import { texts } from '../texts.ts';

@Component({
  selector: 'rg-now-page',
  imports: [ClientPage, ServerPage],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @let overview = live.overview();
    @if (overview === undefined) {
      <h1 class="waiting soft">{{ texts.headline.connecting }}</h1>
    } @else if (overview.role === 'client') {
      <rg-client-page [overview]="overview" />
    } @else {
      @defer (on immediate) {
        <rg-server-page />
      }
    }
  `,
})
export class NowPage {
  protected readonly live = inject(Live);
  protected readonly texts = texts.client;
}
