/** One client of a server, live: strips, links, what-if, and its past. */
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  inject,
  input,
  untracked,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TUNNEL_TRACK } from '../contract.ts';
import { DayView } from '../day/day-view.ts';
import { linkTrack } from '../day/link-track.ts';
import { Live } from '../live/live.ts';
import { PastView } from '../past/past-view.ts';
import { Picture, type PictureClick, type PictureTrack } from '../strip/picture.ts';
import { formatCount, formatDayAndClock, formatShare } from '../units.ts';
import { WhatIfTable } from '../what-if/what-if-table.ts';
import { SessionLinks } from './session-links.ts';
import { serverTexts } from './texts.ts';
import { rateIn, rateOut } from './words.ts';

@Component({
  selector: 'rg-session-page',
  imports: [RouterLink, Picture, SessionLinks, WhatIfTable, DayView, PastView],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './session-page.html',
})
export class SessionPage {
  readonly #live = inject(Live);
  readonly #router = inject(Router);

  /** Of the page's address: `/session/ID?outage=12&link=192.0.2.7:40000`. */
  readonly id = input.required<string>();
  readonly outage = input<string>();
  readonly link = input<string>();
  readonly range = input<string>();
  readonly at = input<string>();

  protected readonly texts = serverTexts;
  protected readonly session = computed(() => {
    const session = this.#live.session();
    return session?.id === this.id() ? session : undefined;
  });
  protected readonly isGone = this.#live.isGone;
  protected readonly isStale = computed(() => !this.#live.isConnected());
  protected readonly past = this.#live.past;
  protected readonly tracks = computed<PictureTrack[]>(
    () => [
      { name: TUNNEL_TRACK, label: serverTexts.session.tunnel },
      ...(this.session()?.paths ?? []).map(({ name, label }) => linkTrack(name, label)),
    ],
    { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  protected readonly since = computed(() => {
    const session = this.session();
    return session === undefined ? '' : formatDayAndClock(Date.parse(session.since) / 1000);
  });
  protected readonly sentence = computed(() => {
    const tunnel = this.session()?.tunnel;
    if (tunnel === undefined) return '';
    const { lost, lossShare } = tunnel.windows['15m'];
    return serverTexts.session.sentence(tunnel.state, lost, formatCount(lost), formatShare(lossShare));
  });
  protected readonly rateIn = rateIn;
  protected readonly rateOut = rateOut;

  constructor() {
    effect(() => {
      const id = this.id();
      untracked(() => this.#live.watch(id));
    });
    inject(DestroyRef).onDestroy(() => this.#live.watch(undefined));
  }

  /** To the outage of that link at that time, further down. */
  protected open({ track, at }: PictureClick): void {
    const link = track === TUNNEL_TRACK ? null : track;
    void this.#router.navigate([], {
      queryParams: { link, at, outage: null },
      queryParamsHandling: 'merge',
    });
  }
}
