/** A link: its state, its figures, and what can be done to it. */
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  input,
  output,
  viewChild,
} from '@angular/core';
import type { Path } from '../contract.ts';
import { texts } from '../texts.ts';
import { formatBits, formatCount, formatDuration, formatMs, formatShare, NOTHING } from '../units.ts';
import { type Loss, labelOf } from './losses.ts';

/** Longer without a packet is shown in red. */
const LATE_SECONDS = 10;

export type LinkAction = 'exclude' | 'include' | 'cut' | 'restore';

interface Figure {
  readonly term: string;
  readonly value: string;
  readonly isBad: boolean;
}

@Component({
  selector: 'rg-link-row',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './link-row.html',
})
export class LinkRow {
  readonly path = input.required<Path>();
  readonly loss = input<Loss | undefined>(undefined);
  /** What the button would mean. */
  readonly consequence = input.required<string>();
  readonly canAct = input.required<boolean>();
  /** In the demo: whether it is cut; undefined elsewhere. */
  readonly isCut = input<boolean | undefined>(undefined);
  readonly acted = output<LinkAction>();

  protected readonly texts = texts.client;
  protected readonly button = viewChild.required<ElementRef<HTMLButtonElement>>('button');
  protected readonly label = computed(() => labelOf(this.path()));
  protected readonly isExcluded = computed(() => this.path().state === 'excluded');
  /** Also one that is not connected has figures, if it ever delivered. */
  protected readonly hasFigures = computed(
    () => !this.isExcluded() && (this.path().state !== 'down' || this.path().lastSeconds !== null),
  );
  protected readonly reason = computed(() => {
    const { reason, excludedBy } = this.path();
    if (reason !== '') return reason;
    return excludedBy === undefined ? '' : this.texts.excludedBy[excludedBy];
  });
  protected readonly addresses = computed(() => {
    const { source, destination } = this.path();
    return source === '' ? this.texts.noSocket : this.texts.addresses(source, destination);
  });
  protected readonly figures = computed((): Figure[] => {
    const { rates, windows, lastSeconds } = this.path();
    const { latenessMs, firstShare, rescued } = windows['15m'];
    const loss = this.loss();
    const words = this.texts.figures;
    const plain = (term: string, value: string) => ({ term, value, isBad: false });
    return [
      plain(words.down, formatBits(rates.inBitsPerSecond)),
      plain(words.up, formatBits(rates.outBitsPerSecond)),
      plain(
        words.lost,
        loss === undefined || loss.share === null
          ? NOTHING
          : `${formatCount(loss.lost)} · ${formatShare(loss.share)}`,
      ),
      plain(words.median, latenessMs === null ? NOTHING : formatMs(latenessMs.median)),
      plain(words.p95, latenessMs === null ? NOTHING : formatMs(latenessMs.p95)),
      plain(words.first, formatShare(firstShare)),
      plain(words.rescued, formatCount(rescued)),
      {
        term: words.last,
        value: lastSeconds === null ? words.never : words.ago(formatDuration(lastSeconds)),
        isBad: lastSeconds === null || lastSeconds >= LATE_SECONDS,
      },
    ];
  });

  /** To the button that excludes or includes. */
  focus(): void {
    this.button().nativeElement.focus();
  }
}
