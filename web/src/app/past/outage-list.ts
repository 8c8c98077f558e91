/** Outages line by line, those that last first; the one asked for is brought into view. */
import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  input,
  linkedSignal,
  viewChildren,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import type { Outage } from '../contract.ts';
import { outageLoss, outageSentence, outageTimes } from './outage-words.ts';
import { pastTexts } from './texts.ts';
import { newestFirst } from './timeline.ts';

const PAGE = 25;

@Component({
  selector: 'rg-outage-list',
  imports: [RouterLink],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './outage-list.html',
})
export class OutageList {
  readonly outages = input.required<readonly Outage[]>();
  readonly nameOf = input.required<(row: { session: string; path?: string | undefined }) => string>();
  readonly selected = input<number>();
  /** Of several sessions: each line leads to its own. */
  readonly hasSessions = input(false);

  protected readonly texts = pastTexts;
  protected readonly sentence = (outage: Outage) => outageSentence(outage, this.nameOf()(outage));
  protected readonly times = outageTimes;
  protected readonly loss = outageLoss;

  protected readonly sorted = computed(() => newestFirst(this.outages()));
  readonly #wantedIndex = computed(() => this.sorted().findIndex(({ id }) => id === this.selected()));
  protected readonly limit = linkedSignal<number, number>({
    source: this.#wantedIndex,
    computation: (wanted, before) => Math.max(before?.value ?? PAGE, Math.ceil((wanted + 1) / PAGE) * PAGE),
  });
  protected readonly shown = computed(() => this.sorted().slice(0, this.limit()));
  protected readonly rest = computed(() => Math.min(PAGE, this.sorted().length - this.shown().length));
  protected readonly lines = viewChildren<ElementRef<HTMLElement>>('line');
  #broughtId: number | undefined;

  constructor() {
    afterRenderEffect(() => this.#bring(this.selected()));
  }

  protected more(): void {
    this.limit.update((limit) => limit + PAGE);
  }

  /** Once for each outage asked for: later changes of the list must not move the page. */
  #bring(id: number | undefined): void {
    if (id === undefined || id === this.#broughtId) return;
    const line = this.lines().find(({ nativeElement }) => nativeElement.dataset['id'] === String(id));
    if (line === undefined) return;
    this.#broughtId = id;
    line.nativeElement.scrollIntoView({ block: 'nearest' });
    line.nativeElement.focus({ preventScroll: true });
  }
}
