/** What to look at while no client has come yet. */
import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { ServerOverview } from '../contract.ts';
import { formatCount } from '../units.ts';
import { serverTexts } from './texts.ts';

@Component({
  selector: 'rg-empty-server',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card empty-server" aria-labelledby="empty-title">
      <h2 id="empty-title">{{ texts.title }}</h2>
      <ol>
        <li>{{ texts.port(overview().instance.listenAddress, port()) }}</li>
        <li>{{ texts.client(port()) }}</li>
        <li>{{ texts.wireGuard(overview().instance.destination) }}</li>
      </ol>
      @if (overview().turnedAway > 0) {
        <p>{{ texts.strangers(turnedAway()) }}</p>
      }
    </section>
  `,
})
export class EmptyServer {
  readonly overview = input.required<ServerOverview>();

  protected readonly texts = serverTexts.empty;
  protected readonly turnedAway = computed(() => formatCount(this.overview().turnedAway));
  protected readonly port = computed(() => this.overview().instance.listenAddress.split(':').at(-1) ?? '');
}
