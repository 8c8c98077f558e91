/** What happened, newest first: of everything, or of one session or link. */
import { ChangeDetectionStrategy, Component, computed, effect, inject, input, signal } from '@angular/core';
import type { Event, EventKind } from '../contract.ts';
import { Live } from '../live/live.ts';
import { polled } from '../live/polled.ts';
import { formatCount } from '../units.ts';
import { formatMoment } from './moments.ts';
import { pastTexts } from './texts.ts';

/** As many as are asked for, and at most kept here. */
const LIMIT = 500;
const PAGE = 12;
/** News come by the stream; this catches what was missed while it was broken. */
const POLL_MS = 60_000;

const MARKS: Partial<Record<EventKind, string>> = {
  'path-up': '▲',
  'session-began': '▲',
  'path-down': '▼',
  'session-ended': '▼',
  'path-excluded': '✕',
  'path-included': '✓',
  'file-refused': '!',
};

@Component({
  selector: 'rg-event-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './event-list.html',
})
export class EventList {
  readonly #live = inject(Live);

  /** Undefined: of all. */
  readonly session = input<string>();
  readonly path = input<string>();
  /** Milliseconds of the Unix clock; nothing older. */
  readonly sinceMs = input(0);
  readonly nameOf = input.required<(row: { session: string; path?: string | undefined }) => string>();

  readonly #listed = polled<{ readonly events: readonly Event[] }>(
    () => ({ path: ['events'], query: { session: this.session(), limit: LIMIT } }),
    POLL_MS,
  );
  readonly #news = signal<ReadonlyMap<number, Event>>(new Map());

  protected readonly texts = pastTexts;
  protected readonly moment = formatMoment;
  protected readonly limit = signal(PAGE);
  protected readonly failure = this.#listed.failure;
  protected readonly isLoading = computed(() => this.#listed.value() === undefined);
  protected readonly isCut = computed(() => (this.#listed.value()?.events.length ?? 0) >= LIMIT);
  protected readonly limitText = formatCount(LIMIT);
  protected readonly events = computed(() => {
    const byId = new Map(this.#listed.value()?.events.map((event) => [event.id, event]));
    for (const [id, event] of this.#news()) byId.set(id, event);
    return [...byId.values()].filter((event) => this.#isWanted(event)).sort((a, b) => b.id - a.id);
  });
  protected readonly shown = computed(() => this.events().slice(0, this.limit()));
  protected readonly rest = computed(() => Math.min(PAGE, this.events().length - this.shown().length));

  constructor() {
    effect(() => {
      const event = this.#live.newestEvent();
      if (event !== undefined) this.#news.update((news) => new Map([...news, [event.id, event]]));
    });
  }

  protected more(): void {
    this.limit.update((limit) => limit + PAGE);
  }

  protected sentence(event: Event): string {
    return pastTexts.event(event, this.#subject(event));
  }

  protected mark(event: Event): string {
    return MARKS[event.kind] ?? '·';
  }

  #subject({ kind, session, path }: Event): string {
    if (kind.startsWith('session-'))
      return session === undefined ? pastTexts.aSession : pastTexts.session(session);
    return path === undefined ? pastTexts.aLink : this.nameOf()({ session: session ?? '', path });
  }

  #isWanted({ session, path, at }: Event): boolean {
    if (this.session() !== undefined && session !== this.session()) return false;
    if (this.path() !== undefined && path !== this.path()) return false;
    return Date.parse(at) >= this.sinceMs();
  }
}
