/** Stands where a view is not built yet. */
import { ChangeDetectionStrategy, Component } from '@angular/core';

@Component({
  selector: 'rg-stub-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<p>Not built yet</p>',
})
export class StubPage {}
