/** The first view: what happens now, by role. */
import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Live } from '../live/live.ts';

@Component({
  selector: 'rg-now-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<p>{{ live.connection() }}</p>',
})
export class NowPage {
  protected readonly live = inject(Live);
}
