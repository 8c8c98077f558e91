/**
 * The picture: a strip per track on one time axis, the tunnel's on top, and one cursor in time across all of
 * them. Beside each strip are the figures of its whole length, or of the moment under the cursor.
 */
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  type ElementRef,
  effect,
  input,
  output,
  viewChildren,
} from '@angular/core';
import { type CellState, type History, TUNNEL_TRACK } from '../contract.ts';
import { texts } from '../texts.ts';
import {
  formatBits,
  formatClock,
  formatClockSeconds,
  formatCount,
  formatDuration,
  formatMs,
  formatShare,
} from '../units.ts';
import { isAmiss, nearestAmiss } from './amiss.ts';
import { type Cell, cameOf, cellsOf, lossShareOf, sumOf } from './cell.ts';
import { Legend } from './legend.ts';
import { Strip } from './strip.ts';
import { ticksOf } from './time-axis.ts';
import { TimeCursor } from './time-cursor.ts';

/** A strip to show: a track by its name, and what people call it. */
export interface PictureTrack {
  readonly name: string;
  readonly label: string;
  /** Under the label, smaller. */
  readonly note?: string;
}

/** A click on a cell in which something was amiss. */
export interface PictureClick {
  readonly track: string;
  /** Unix seconds. */
  readonly at: number;
}

interface Row extends PictureTrack {
  readonly isTunnel: boolean;
  readonly cells: readonly Cell[];
  readonly state: CellState;
  readonly isBad: boolean;
  readonly main: string;
  readonly more: string;
}

/** How far from a cell a click may be that means it. */
const REACH_PX = 5;
const TICKS_AT_MOST = 8;
const SECONDS_SHOWN_BELOW = 60;

@Component({
  selector: 'rg-picture',
  imports: [Strip, Legend],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './picture.html',
})
export class Picture {
  readonly history = input.required<History>();
  readonly tracks = input.required<readonly PictureTrack[]>();
  /** What the picture as a whole is called, for screen readers. */
  readonly label = input.required<string>();
  /** Its right end is the present. */
  readonly isLive = input(false);
  /** Unix seconds under the cursor; null when there is no cursor. */
  readonly pointed = output<number | null>();
  readonly opened = output<PictureClick>();

  protected readonly texts = texts.strip;
  protected readonly cursor = new TimeCursor(() => this.history());
  protected readonly strips = viewChildren('strip', { read: Strip });
  protected readonly places = viewChildren<ElementRef<HTMLElement>>('place');
  protected readonly count = computed(() =>
    Math.round((this.history().to - this.history().from) / this.history().stepSeconds),
  );
  protected readonly ticks = computed(() => ticksOf(this.history().from, this.history().to, TICKS_AT_MOST));
  protected readonly rows = computed(() => this.tracks().map((track) => this.#rowOf(track)));
  protected readonly cursorPercent = computed(() => {
    const index = this.cursor.index();
    return index === null ? null : ((index + 0.5) / this.count()) * 100;
  });
  protected readonly moment = computed(() => {
    const at = this.cursor.at();
    if (at === null) return '';
    const { stepSeconds, to } = this.history();
    const clock = stepSeconds < SECONDS_SHOWN_BELOW ? formatClockSeconds(at) : formatClock(at);
    return this.isLive() ? this.texts.moment(clock, formatDuration(to - at - stepSeconds)) : clock;
  });
  protected readonly spoken = computed(() => {
    if (this.moment() === '') return this.texts.noMoment;
    const bad = this.rows().filter((row) => row.isBad);
    const what = bad.map((row) => `${row.label}: ${row.main}`).join('; ');
    return `${this.moment()}: ${what || this.texts.nothingAmiss}`;
  });

  constructor() {
    effect(() => this.pointed.emit(this.cursor.at()));
  }

  protected move(event: PointerEvent, element: HTMLElement): void {
    const box = element.getBoundingClientRect();
    this.cursor.pointAt((event.clientX - box.left) / box.width);
  }

  protected leave(event: PointerEvent): void {
    if (event.pointerType === 'mouse') this.cursor.clear();
  }

  /** With a finger the first tap only points: it cannot hover, and it is wider than a cell. */
  protected click(event: MouseEvent, element: HTMLElement): void {
    if ((event as PointerEvent).pointerType === 'touch') return;
    const rowIndex = this.places().findIndex(({ nativeElement }) => {
      const box = nativeElement.getBoundingClientRect();
      return event.clientY >= box.top && event.clientY <= box.bottom;
    });
    const row = this.rows()[rowIndex];
    const reach = Math.ceil((REACH_PX / element.clientWidth) * this.count());
    if (row !== undefined) this.#open(row, reach);
  }

  protected press(event: KeyboardEvent): void {
    const bad = this.rows().find((row) => row.isBad);
    if (event.key === 'Enter' && bad !== undefined) {
      this.#open(bad, 0);
    } else if (event.altKey || event.ctrlKey || event.metaKey || !this.cursor.press(event.key)) {
      return;
    }
    event.preventDefault();
  }

  #open(row: Row, reach: number): void {
    const index = this.cursor.index();
    const found = index === null ? undefined : nearestAmiss(row.cells, index, reach);
    const { from, stepSeconds } = this.history();
    if (found !== undefined) this.opened.emit({ track: row.name, at: from + found * stepSeconds });
  }

  #rowOf(track: PictureTrack): Row {
    const isTunnel = track.name === TUNNEL_TRACK;
    const cells = cellsOf(this.history(), track.name);
    const index = this.cursor.index();
    const sum = index === null ? sumOf(cells) : sumOf(cells, index, index + 1);
    const share = lossShareOf(sum, isTunnel);
    const isBad = index !== null && isAmiss(sum.state);
    const came = cameOf(sum, isTunnel);
    const isPlain = share !== null && (index === null || came > 0 || sum.state !== 'silent');
    const main = isPlain
      ? this.texts.lost(formatCount(sum.lost), formatShare(share))
      : this.texts.states[index === null ? sumOf(cells, cells.length - 1).state : sum.state];
    const rest =
      index === null || came === 0
        ? ''
        : isTunnel
          ? formatBits((sum.bytesIn * 8) / this.history().stepSeconds)
          : this.texts.behind(formatMs(sum.medianMs));
    const more = [this.texts.came(formatCount(came)), rest].filter((part) => part !== '').join(' · ');
    return { ...track, isTunnel, cells, state: sum.state, isBad, main, more };
  }
}
