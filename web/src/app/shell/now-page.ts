/** The first view: what happens now, by role. */
import { ChangeDetectionStrategy, Component } from '@angular/core';

@Component({
  selector: 'rg-now-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<p>Not built yet</p>',
})
export class NowPage {}
