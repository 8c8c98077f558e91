/** Outages on a line of time and in words, and events below: of everything, or of one session. */
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  effect,
  inject,
  input,
  signal,
} from '@angular/core';
import { Router } from '@angular/router';
import type { Outage } from '../contract.ts';
import { Live } from '../live/live.ts';
import { polled } from '../live/polled.ts';
import { formatCount } from '../units.ts';
import { EventList } from './event-list.ts';
import { OutageList } from './outage-list.ts';
import { OutageTimeline } from './outage-timeline.ts';
import { pastTexts } from './texts.ts';
import { outageAt, type Range, rowsOf, withChanges } from './timeline.ts';

const DAY_MS = 86_400_000;
const RANGES = [
  { key: 'hour', lengthMs: 3_600_000 },
  { key: 'day', lengthMs: DAY_MS },
  { key: 'week', lengthMs: 7 * DAY_MS },
  { key: 'month', lengthMs: 30 * DAY_MS },
] as const;
type RangeKey = (typeof RANGES)[number]['key'];

/** More the program does not give at once. */
const LIMIT = 1000;
/** Changes come by the stream; this catches what was missed while it was broken. */
const POLL_MS = 60_000;
/** How often the right end of the timeline moves. */
const TICK_MS = 10_000;
/** A server may have had thousands of links; the worst of them tell enough. */
const MOST_ROWS = 40;

@Component({
  selector: 'rg-past-view',
  imports: [OutageTimeline, OutageList, EventList],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './past-view.html',
})
export class PastView {
  readonly #live = inject(Live);
  readonly #router = inject(Router);

  /** Undefined: of all. */
  readonly session = input<string>();
  /** From the address of the page: the outage to open, the link to keep to, the range to show. */
  readonly outage = input<string>();
  readonly link = input<string>();
  readonly range = input<string>();
  /** Instead of an outage: a moment in it, Unix seconds. */
  readonly at = input<string>();

  readonly #nowMs = signal(Date.now());
  readonly #listed = polled<{ readonly outages: readonly Outage[] }>(
    () => ({ path: ['outages'], query: { session: this.session(), limit: LIMIT } }),
    POLL_MS,
  );
  readonly #changed = signal<ReadonlyMap<number, Outage>>(new Map());
  readonly #paths = computed(() => this.#live.session()?.paths ?? []);
  readonly #labels = computed(() => new Map(this.#paths().map(({ name, label }) => [name, label ?? name])));
  readonly #all = computed(() => withChanges(this.#listed.value()?.outages ?? [], this.#changed().values()));

  protected readonly texts = pastTexts;
  protected readonly ranges = RANGES;
  protected readonly limitText = formatCount(LIMIT);
  protected readonly failure = this.#listed.failure;
  protected readonly isLoading = computed(() => this.#listed.value() === undefined);
  protected readonly isCut = computed(() => (this.#listed.value()?.outages.length ?? 0) >= LIMIT);
  protected readonly isOfMany = computed(
    () => this.session() === undefined && this.#live.overview()?.role === 'server',
  );
  protected readonly nameOf = computed(() => {
    const labels = this.#labels();
    const isOfMany = this.isOfMany();
    return ({ session, path }: { session: string; path?: string | undefined }) => {
      if (path !== undefined) return labels.get(path) ?? path;
      return isOfMany ? pastTexts.tunnelOf(session) : pastTexts.tunnel;
    };
  });
  protected readonly selected = computed(() => {
    const id = this.outage();
    if (id !== undefined) return this.#all().find((outage) => String(outage.id) === id);
    const at = this.at();
    return at === undefined
      ? undefined
      : outageAt(this.#ofSession(), this.link() || undefined, Number(at) * 1000);
  });
  protected readonly rangeKey = computed<RangeKey>(() => {
    const asked = RANGES.find(({ key }) => key === this.range())?.key ?? 'day';
    const outage = this.selected();
    if (outage === undefined || this.range() !== undefined) return asked;
    const ageMs = this.#nowMs() - Date.parse(outage.from);
    return RANGES.find(({ lengthMs }) => ageMs < lengthMs)?.key ?? 'month';
  });
  protected readonly shownRange = computed<Range>(() => {
    const toMs = this.#nowMs();
    return { fromMs: toMs - (RANGES.find(({ key }) => key === this.rangeKey())?.lengthMs ?? DAY_MS), toMs };
  });
  /** Links to choose from: those that are there, and those that had an outage. */
  protected readonly links = computed(() => {
    const names = new Set([
      ...this.#paths().map(({ name }) => name),
      ...this.#ofSession().flatMap(({ path }) => path ?? []),
    ]);
    return [...names].map((name) => ({ name, label: this.#labels().get(name) ?? name }));
  });
  readonly #ofSession = computed(() => {
    const wanted = this.session();
    return this.#all().filter(({ session }) => wanted === undefined || session === wanted);
  });
  protected readonly inRange = computed(() => {
    const { fromMs } = this.shownRange();
    const link = this.link();
    return this.#ofSession().filter(
      ({ path, to }) =>
        (to === null || Date.parse(to) >= fromMs) && (link === undefined || link === '' || path === link),
    );
  });
  protected readonly rows = computed(() => {
    const session = this.#live.session()?.id;
    const known =
      session === undefined || this.#hasForeign(session)
        ? []
        : [{ session, path: undefined }, ...this.#paths().map(({ name }) => ({ session, path: name }))];
    const link = this.link() || undefined;
    const wanted = known.filter(({ path }) => link === undefined || path === link);
    const rows = rowsOf(this.inRange(), wanted, this.shownRange());
    if (rows.length <= MOST_ROWS) return rows;
    return rows.sort((a, b) => b.seconds - a.seconds).slice(0, MOST_ROWS);
  });
  protected readonly isMissing = computed(
    () => !this.isLoading() && this.outage() !== undefined && this.selected() === undefined,
  );

  constructor() {
    const timer = setInterval(() => this.#nowMs.set(Date.now()), TICK_MS);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
    effect(() => {
      const outage = this.#live.newestOutage();
      if (outage === undefined) return;
      this.#nowMs.set(Date.now());
      this.#changed.update((changed) => new Map([...changed, [outage.id, outage]]));
    });
  }

  protected open({ id }: Outage): void {
    this.#go({ outage: id, at: null, range: this.rangeKey() });
  }

  protected show(range: RangeKey): void {
    this.#go({ range, outage: null, at: null });
  }

  protected keepTo(link: string): void {
    this.#go({ link: link === '' ? null : link, outage: null, at: null });
  }

  /** What is shown is in the address, so that it can be sent to somebody and the back button works. */
  #go(queryParams: Record<string, string | number | null>): void {
    void this.#router.navigate([], { queryParams, queryParamsHandling: 'merge' });
  }

  #hasForeign(session: string): boolean {
    return this.session() === undefined && this.#all().some((outage) => outage.session !== session);
  }
}
