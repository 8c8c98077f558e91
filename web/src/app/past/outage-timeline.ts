/** One line of time per link with a bar for each outage. A tap beside a bar opens the nearest one. */
import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';
import type { Outage } from '../contract.ts';
import { formatLength, formatTick } from './moments.ts';
import { outageSentence, outageTimes } from './outage-words.ts';
import { pastTexts } from './texts.ts';
import { type Bar, barNear, type Range, type Row, ticksOf } from './timeline.ts';

/** As far as a finger misses a bar. */
const REACH_PX = 14;

const NARROWEST_PX = 6;

@Component({
  selector: 'rg-outage-timeline',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './outage-timeline.html',
})
export class OutageTimeline {
  readonly rows = input.required<readonly Row[]>();
  readonly range = input.required<Range>();
  /** The name of a row for people. */
  readonly nameOf = input.required<(row: { session: string; path?: string | undefined }) => string>();
  readonly selected = input<number>();
  readonly opened = output<Outage>();

  protected readonly texts = pastTexts;
  protected readonly ticks = computed(() => ticksOf(this.range()));
  protected readonly tickText = formatTick;
  protected readonly length = formatLength;

  protected rowSummary(row: Row): string {
    const name = this.nameOf()(row);
    return row.bars.length === 0
      ? pastTexts.rowNone(name)
      : pastTexts.row(name, row.bars.length, formatLength(row.seconds));
  }

  protected barText({ outage }: Bar): string {
    return `${outageSentence(outage, this.nameOf()(outage))} ${outageTimes(outage)}`;
  }

  /** Even the narrowest bar stays within the row. */
  protected leftOf({ leftPercent }: Bar): string {
    return `min(${leftPercent}%, 100% - ${NARROWEST_PX}px)`;
  }

  protected openNear(row: Row, event: MouseEvent): void {
    const track = event.currentTarget as HTMLElement;
    const { left, width } = track.getBoundingClientRect();
    const bar = barNear(row.bars, ((event.clientX - left) / width) * 100, (REACH_PX / width) * 100);
    if (bar !== undefined) this.opened.emit(bar.outage);
  }

  /** Within a row the arrow keys move; Tab goes to the next row. */
  protected move(event: KeyboardEvent): void {
    const bars = [...(event.currentTarget as HTMLElement).querySelectorAll('button')];
    const at = bars.indexOf(event.target as HTMLButtonElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[event.key];
    const next = to === undefined ? undefined : bars[to];
    if (next === undefined) return;
    event.preventDefault();
    for (const bar of bars) bar.tabIndex = bar === next ? 0 : -1;
    next.focus();
  }
}
