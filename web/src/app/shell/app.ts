/** The frame of every view: which program this is, how fresh the news are, and the way to the other views. */
import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { Live } from '../live/live.ts';
import { texts } from '../texts.ts';
import { formatDuration } from '../units.ts';
import { THEMES, Theme, type ThemeChoice } from './theme.ts';

@Component({
  selector: 'rg-root',
  imports: [RouterLink, RouterLinkActive, RouterOutlet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './app.html',
})
export class App {
  protected readonly live = inject(Live);
  protected readonly theme = inject(Theme);
  protected readonly texts = texts;
  protected readonly themes = THEMES;
  protected readonly instance = computed(() => this.live.overview()?.instance);
  protected readonly views = computed(() => {
    const isServer = this.instance()?.role === 'server';
    // A server's day and what-if are those of one session, on its own view.
    return isServer
      ? [
          { link: '/', text: texts.views.sessions },
          { link: '/outages', text: texts.views.outages },
        ]
      : [
          { link: '/', text: texts.views.now },
          { link: '/day', text: texts.views.day },
          { link: '/outages', text: texts.views.outages },
          { link: '/what-if', text: texts.views.whatIf },
        ];
  });
  protected readonly runningFor = computed(() => {
    const instance = this.instance();
    if (instance === undefined) return '';
    return formatDuration(this.live.nowSeconds() - Date.parse(instance.startedAt) / 1000);
  });
  /** Empty while connected, and for the moment that connecting takes. */
  protected readonly alarm = computed(() => {
    const age = this.live.newsAgeSeconds();
    switch (this.live.connection()) {
      case 'connected':
      case 'connecting':
        return '';
      case 'refused':
        return texts.connection.refused;
      case 'lost':
        return age === null ? texts.connection.never : texts.connection.lost(formatDuration(age));
    }
  });

  protected chooseTheme(choice: string): void {
    this.theme.choose(choice as ThemeChoice);
  }

  protected reload(): void {
    location.reload();
  }
}
