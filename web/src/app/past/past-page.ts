/** Which link was bad, and since when: the client's outages and events, or those of all sessions of a server. */
import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import { PastView } from './past-view.ts';
import { pastTexts } from './texts.ts';

@Component({
  selector: 'rg-past-page',
  imports: [PastView],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h1>{{ texts.title }}</h1>
    <rg-past-view [outage]="outage()" [link]="link()" [range]="range()" [at]="at()" />
  `,
})
export class PastPage {
  /** Of the page's address: `/outages?outage=12&link=wwan0&range=week`. */
  readonly outage = input<string>();
  readonly link = input<string>();
  readonly range = input<string>();
  readonly at = input<string>();

  protected readonly texts = pastTexts;
}
