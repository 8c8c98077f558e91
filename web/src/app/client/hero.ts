/** The first thing seen: the state in words and colour, and the tunnel's loss beside that of each link alone. */
import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { ClientOverview } from '../contract.ts';
import type { ConnectionState } from '../live/live.ts';
import { texts } from '../texts.ts';
import { formatBits, formatCount, formatShare, NOTHING } from '../units.ts';
import { headlineOf, withoutNews } from './headline.ts';
import { type Losses, spanOf } from './losses.ts';

@Component({
  selector: 'rg-hero',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './hero.html',
})
export class Hero {
  readonly overview = input.required<ClientOverview>();
  readonly losses = input.required<Losses>();
  readonly connection = input.required<ConnectionState>();

  protected readonly texts = texts.client;
  /** What the program said last. */
  protected readonly known = computed(() => headlineOf(this.overview(), this.losses()));
  protected readonly headline = computed(() =>
    this.connection() === 'connected'
      ? this.known()
      : withoutNews(this.known(), this.connection() === 'refused'),
  );
  protected readonly rates = computed(() => {
    const { inBitsPerSecond, outBitsPerSecond } = this.overview().session.tunnel.rates;
    return { down: formatBits(inBitsPerSecond), up: formatBits(outBitsPerSecond) };
  });
  protected readonly isJudged = computed(() => {
    const { tunnel, links } = this.losses();
    return [tunnel, ...links].some((loss) => loss.share !== null);
  });
  protected readonly span = computed(() => spanOf(this.losses().knownSeconds));
  protected readonly bars = computed(() => {
    const { tunnel, links } = this.losses();
    const most = Math.max(...links.map((link) => link.share ?? 0), tunnel.share ?? 0);
    return [tunnel, ...links].map((loss) => ({
      name: loss.name,
      label: loss === tunnel ? this.texts.tunnel : this.texts.alone(loss.label),
      isTunnel: loss === tunnel,
      lost: loss.share === null ? NOTHING : formatCount(loss.lost),
      share: loss.share === null ? '' : formatShare(loss.share),
      // What is more than nothing is seen.
      percent: most === 0 || !loss.share ? 0 : Math.max(1.5, (loss.share / most) * 100),
    }));
  });
}
