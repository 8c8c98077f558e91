/** The last hours of one session: strips and curves on the same axis of time, and the same as a table. */
import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  DestroyRef,
  ElementRef,
  inject,
  input,
  linkedSignal,
  output,
  type Signal,
  signal,
} from '@angular/core';
import { type History, type Session, TUNNEL_TRACK } from '../contract.ts';
import { Live } from '../live/live.ts';
import { type Polled, polled } from '../live/polled.ts';
import { type CellSum, cameOf } from '../strip/cell.ts';
import { Picture, type PictureClick, type PictureTrack } from '../strip/picture.ts';
import {
  formatBits,
  formatClock,
  formatClockSeconds,
  formatCount,
  formatDuration,
  formatMs,
} from '../units.ts';
import { type Curve, CurveChart } from './curve-chart.ts';
import {
  knownSince,
  mediansOf,
  p95sOf,
  ratesIn,
  ratesOut,
  shownSpan,
  stretchesOf,
  timesOf,
  type Values,
} from './curves.ts';
import { linkTrack } from './link-track.ts';
import { dayTexts } from './texts.ts';

const RANGES_SECONDS = [3600, 21_600, 86_400] as const;

/** A cell every 3 minutes of a day; more than a screen has room for helps nobody. */
const POINTS = 480;
const POLL_MS = 30_000;

/** Cells of a minute and more begin at no second worth telling. */
const SECONDS_SHOWN_BELOW = 60;

/** Rows of the table at most; a day by the hour. */
const STRETCHES = 24;

/** Links beyond begin with the first colour again, but with another dash. */
const COLOURS = 8;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3]];

/** Where the strips are on their card, in pixels; the charts leave the same space at their sides. */
interface Places {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Line extends Curve {
  readonly name: string;
}

@Component({
  selector: 'rg-day-view',
  imports: [Picture, CurveChart],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './day-view.html',
})
export class DayView {
  protected readonly live = inject(Live);
  readonly #host = inject<ElementRef<HTMLElement>>(ElementRef);

  readonly session = input.required<Session>();
  /** A cell in which something was amiss was clicked. */
  readonly opened = output<PictureClick>();

  protected readonly texts = dayTexts;
  protected readonly ranges = RANGES_SECONDS;
  protected readonly range = signal<number>(86_400);
  readonly #id = computed(() => this.session().id);
  /** What is asked for: as much of the range as something is known of. */
  protected readonly span: Signal<number> = computed(() => {
    const since = this.#since();
    const to = this.#polled.value()?.to;
    return shownSpan(this.range(), since === undefined || to === undefined ? undefined : to - since);
  });
  readonly #polled: Polled<History> = polled<History>(
    () => ({
      path: ['sessions', this.#id(), 'history'],
      query: { seconds: this.span(), points: POINTS },
    }),
    POLL_MS,
  );
  /** The oldest moment that any answer told of: shorter answers do not reach back to it. */
  readonly #since = linkedSignal<{ id: string; answer: History | undefined }, number | undefined>({
    source: () => ({ id: this.#id(), answer: this.#polled.value() }),
    computation: ({ id, answer }, before) => {
      // The answer is still about the session before.
      if (before !== undefined && before.source.id !== id) return undefined;
      const since = answer === undefined ? undefined : knownSince(answer);
      return since === undefined ? before?.value : Math.min(since, before?.value ?? since);
    },
  });
  /** The last answer that is of the span; the first one only tells how long that is. */
  protected readonly history = linkedSignal<History | undefined, History | undefined>({
    source: this.#polled.value,
    computation: (answer, before) => {
      const excess = answer === undefined ? -1 : answer.to - answer.from - this.span();
      return excess >= 0 && excess < (answer?.stepSeconds ?? 0) ? answer : before?.value;
    },
  });
  protected readonly failure = this.#polled.failure;
  protected readonly isEmpty = computed(
    () => this.history()?.tracks.every(({ cells }) => cells.every((cell) => cell === null)) ?? false,
  );
  protected readonly cellLength = computed(() => formatDuration(this.history()?.stepSeconds ?? 0));

  readonly #labels = computed(() => new Map(this.session().paths.map(({ name, label }) => [name, label])));
  /** The tunnel, then the links of now in their order, then those of before. */
  protected readonly tracks = computed<PictureTrack[]>(
    () => {
      const labels = this.#labels();
      const known = this.history()?.tracks.map(({ name }) => name) ?? [];
      const names = new Set([TUNNEL_TRACK, ...labels.keys(), ...known]);
      return [...names].map((name) => {
        if (name === TUNNEL_TRACK) return { name, label: dayTexts.tunnel };
        return linkTrack(name, labels.get(name));
      });
    },
    { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );

  protected readonly times = computed(() => timesOf(this.history()!));
  protected readonly rates = computed<Line[]>(() => {
    const history = this.history()!;
    return [
      line('in', dayTexts.rateIn, 0, ratesIn(history)),
      line('out', dayTexts.rateOut, 1, ratesOut(history)),
    ];
  });
  protected readonly lateness = computed<Line[]>(() =>
    this.tracks()
      .filter(({ name }) => name !== TUNNEL_TRACK)
      .map(({ name }, index) => ({
        ...line(name, this.#labels().get(name) ?? name, index, mediansOf(this.history()!, name)),
        upTo: p95sOf(this.history()!, name),
      })),
  );
  protected readonly ratesSummary = computed(() =>
    dayTexts.ratesSummary(this.rangeText(), formatBits(highest(this.rates()[0]?.values ?? []))),
  );
  protected readonly latenessSummary = computed(() => {
    const worst = this.lateness().map(({ label, values, upTo }) =>
      dayTexts.latenessOf(label, formatMs(middle(values)), formatMs(highest(upTo ?? []))),
    );
    return dayTexts.latenessSummary(this.rangeText(), worst.join('; '));
  });
  protected readonly stretches = computed(() => stretchesOf(this.history()!, STRETCHES));
  protected readonly columns = computed(() => {
    const labels = this.#labels();
    return this.history()!.tracks.map(({ name }) => ({
      name,
      label: name === TUNNEL_TRACK ? dayTexts.tunnel : (labels.get(name) ?? name),
    }));
  });

  /** The cell under the cursor of strips and charts. */
  protected readonly cursor = signal<number | null>(null);
  protected readonly moment = computed(() => {
    const at = this.cursor();
    const history = this.history();
    return at === null || history === undefined ? '' : this.#clockOf(history, at);
  });
  protected readonly places = signal<Places>({ left: 0, right: 0, top: 0, width: 0, height: 0 });

  readonly #isInChart = signal(false);
  /** Where a line across the strips shows the cell that is pointed at in a chart; they draw their own one. */
  protected readonly lineLeft = computed(() => {
    const at = this.cursor();
    if (at === null || !this.#isInChart()) return null;
    const { left, width } = this.places();
    return left + ((at + 0.5) / this.times().length) * width;
  });

  protected readonly bits = formatBits;
  protected readonly ms = formatMs;
  protected readonly wholeMs = dayTexts.ms;
  protected readonly clock = formatClock;

  constructor() {
    const resized = new ResizeObserver(() => this.#measure());
    resized.observe(this.#host.nativeElement);
    inject(DestroyRef).onDestroy(() => resized.disconnect());
    afterRenderEffect(() => {
      this.tracks();
      this.#measure();
    });
  }

  protected point(at: number | null): void {
    const history = this.history();
    if (history === undefined) return;
    this.#isInChart.set(false);
    this.cursor.set(at === null ? null : Math.floor((at - history.from) / history.stepSeconds));
  }

  protected pointInChart(index: number | null): void {
    this.#isInChart.set(index !== null);
    this.cursor.set(index);
  }

  /** A value of a line: at the cursor, else the newest that is known. */
  protected valueOf(values: Values, format: (value: number) => string): string {
    const at = this.cursor();
    const value = at === null ? values.findLast((one) => one !== null) : values[at];
    return value === null || value === undefined ? dayTexts.noValue : format(value);
  }

  protected dashOf({ dash }: Curve): string {
    return dash.join(' ');
  }

  /** Lost of all packets, and of a link the lateness. */
  protected lossOf(sum: CellSum, name: string): string {
    const isTunnel = name === TUNNEL_TRACK;
    const came = cameOf(sum, isTunnel);
    const loss = dayTexts.lossOf(formatCount(sum.lost), formatCount(came + sum.lost));
    return isTunnel || came === 0 ? loss : `${loss} · ${formatMs(sum.p95Ms)}`;
  }

  #clockOf({ from, stepSeconds }: History, index: number): string {
    const at = from + index * stepSeconds;
    return stepSeconds < SECONDS_SHOWN_BELOW ? formatClockSeconds(at) : formatClock(at);
  }

  protected rangeText(): string {
    return dayTexts.ranges[this.span()] ?? '';
  }

  #measure(): void {
    const within = (selector: string) =>
      this.#host.nativeElement.querySelector(selector)?.getBoundingClientRect();
    const [strips, picture] = [within('.picture-overlay'), within('.day-strips')];
    if (strips === undefined || picture === undefined || strips.width === 0) return;
    const places: Places = {
      left: Math.round(strips.left - picture.left),
      right: Math.round(picture.right - strips.right),
      top: strips.top - picture.top,
      width: strips.width,
      height: strips.height,
    };
    if (JSON.stringify(places) !== JSON.stringify(this.places())) this.places.set(places);
  }
}

function line(name: string, label: string, index: number, values: Values): Line {
  const colour = `--curve-${(index % COLOURS) + 1}`;
  return { name, label, colour, dash: DASHES[index % DASHES.length] ?? [], values };
}

function highest(values: Values): number {
  return Math.max(0, ...values.map((value) => value ?? 0));
}

function middle(values: Values): number {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}
