/** A client, now: how the tunnel does, the last 15 minutes as a picture, and its links. */
import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import { type ClientOverview, TUNNEL_TRACK } from '../contract.ts';
import { Live } from '../live/live.ts';
import { knownPart } from '../live/past.ts';
import { Picture, type PictureClick, type PictureTrack } from '../strip/picture.ts';
import { texts } from '../texts.ts';
import { Hero } from './hero.ts';
import { LinkList } from './link-list.ts';
import { isInPlay, labelOf, lossesOf } from './losses.ts';

@Component({
  selector: 'rg-client-page',
  imports: [Hero, LinkList, Picture],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './client-page.html',
})
export class ClientPage {
  readonly overview = input.required<ClientOverview>();

  readonly #router = inject(Router);
  protected readonly live = inject(Live);
  protected readonly texts = texts.client;
  protected readonly losses = computed(() => lossesOf(this.overview().session, this.live.past()));
  protected readonly shown = computed(() => knownPart(this.live.past()));
  protected readonly title = computed(() => {
    const { from, to } = this.shown();
    return this.texts.picture(this.texts.minutes((to - from) / 60));
  });
  /** The tunnel first, then the links in play, also those excluded a while ago. */
  protected readonly tracks = computed((): PictureTrack[] => [
    { name: TUNNEL_TRACK, label: this.texts.tunnel, note: this.texts.whatGotThrough },
    ...this.overview()
      .session.paths.filter((path) => isInPlay(path, this.live.past()))
      .map((path) => ({
        name: path.name,
        label: labelOf(path),
        note: path.label === undefined ? this.texts.states[path.state] : path.name,
      })),
  ]);

  protected open({ track, at }: PictureClick): void {
    void this.#router.navigate(['/outages'], { queryParams: { link: track || null, at } });
  }
}
