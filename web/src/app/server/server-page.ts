/** The first view of a server: how it goes in a sentence, and its clients, searchable. */
import { ChangeDetectionStrategy, Component, computed, effect, inject, signal } from '@angular/core';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import type { ServerOverview, SessionList, SessionSummary } from '../contract.ts';
import { Live } from '../live/live.ts';
import { polled } from '../live/polled.ts';
import { formatCount, formatDayAndClock, formatShare } from '../units.ts';
import { EmptyServer } from './empty-server.ts';
import { serverTexts } from './texts.ts';
import { isOld, lastPacket, rateIn, rateOut } from './words.ts';
import { worstLinkOf } from './worst-link.ts';

type Sort = keyof typeof serverTexts.sorts;

const POLL_MS = 2000;
/** More sessions are shown by this many. */
const PAGE = 50;
/** A search begins when typing pauses. */
const PAUSE_MS = 200;
/** Addresses beside a client's id; the rest is a number. */
const ADDRESSES = 2;

@Component({
  selector: 'rg-server-page',
  imports: [RouterLink, EmptyServer],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './server-page.html',
})
export class ServerPage {
  readonly #live = inject(Live);
  readonly #router = inject(Router);
  readonly #asked = inject(ActivatedRoute).snapshot.queryParamMap;

  protected readonly texts = serverTexts;
  protected readonly sorts = Object.keys(serverTexts.sorts) as Sort[];
  protected readonly typed = signal(this.#asked.get('search') ?? '');
  protected readonly sort = signal<Sort>(
    this.sorts.find((sort) => sort === this.#asked.get('sort')) ?? 'worst',
  );
  protected readonly limit = signal(PAGE);
  readonly #search = signal(this.typed());
  readonly #polled = polled<SessionList>(
    () => ({
      path: ['sessions'],
      query: { search: this.#search() || undefined, sort: this.sort(), offset: 0, limit: this.limit() },
    }),
    POLL_MS,
  );

  protected readonly overview = computed(() => {
    const overview = this.#live.overview();
    return overview?.role === 'server' ? overview : undefined;
  });
  protected readonly isStale = computed(() => !this.#live.isConnected());
  protected readonly list = this.#polled.value;
  protected readonly failure = this.#polled.failure;
  protected readonly isEmpty = computed(() => this.overview()?.sessions === 0 && this.list()?.total === 0);
  protected readonly rest = computed(() => {
    const list = this.list();
    return list === undefined ? 0 : Math.min(PAGE, list.total - list.sessions.length);
  });
  protected readonly found = computed(() => {
    const list = this.list();
    return list === undefined
      ? serverTexts.loading
      : serverTexts.found(formatCount(list.sessions.length), formatCount(list.total), list.total === 1);
  });

  protected readonly share = formatShare;
  protected readonly count = formatCount;
  protected readonly worst = worstLinkOf;
  protected readonly rateIn = rateIn;
  protected readonly rateOut = rateOut;
  protected readonly last = lastPacket;
  protected readonly isOld = isOld;

  constructor() {
    effect((onCleanup) => {
      const typed = this.typed().trim();
      const timer = setTimeout(() => {
        if (typed !== this.#search()) this.limit.set(PAGE);
        this.#search.set(typed);
      }, PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    });
    // In the address, so that the way back from a session leads to the same list.
    effect(() => {
      const queryParams = {
        search: this.#search() || null,
        sort: this.sort() === 'worst' ? null : this.sort(),
      };
      void this.#router.navigate([], { queryParams, replaceUrl: true });
    });
  }

  protected more(): void {
    this.limit.update((limit) => limit + PAGE);
  }

  protected sentence(overview: ServerOverview): string {
    return serverTexts.sentence(
      formatCount(overview.sessions),
      formatCount(overview.paths),
      overview.losing,
      formatCount(overview.losing),
      formatCount(overview.turnedAway),
    );
  }

  protected addresses({ paths }: SessionSummary): string {
    const shown = paths.slice(0, ADDRESSES).map(({ name }) => name);
    return paths.length > ADDRESSES
      ? `${shown.join(', ')} ${serverTexts.others(paths.length - ADDRESSES)}`
      : shown.join(', ');
  }

  protected since({ since }: SessionSummary): string {
    return formatDayAndClock(Date.parse(since) / 1000);
  }
}
