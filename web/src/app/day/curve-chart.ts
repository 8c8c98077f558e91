/** One chart of curves over time, drawn by uPlot; its legend is the caller's, because it must be text. */
import {
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  type ElementRef,
  effect,
  inject,
  input,
  output,
  untracked,
  viewChild,
} from '@angular/core';
import uPlot from 'uplot';
import { Theme } from '../shell/theme.ts';
import { ticksOf } from '../strip/time-axis.ts';
import type { Values } from './curves.ts';

export interface Curve {
  readonly label: string;
  /** A custom property of the style sheet: `--curve-1`. */
  readonly colour: string;
  /** Lengths of strokes and gaps, so that colour is not the only sign; empty: a whole line. */
  readonly dash: readonly number[];
  readonly values: Values;
  /** Fills the space up to here. */
  readonly upTo?: Values;
}

const HEIGHT_PX = 180;
const AXIS_PX = 24;

/** Narrower plots get fewer times. */
const NARROW_PX = 480;

/** The labels of the y axis need so much. */
const INSET_LEAST_PX = 68;

@Component({
  selector: 'rg-curve-chart',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: '<div #place class="curve-chart" role="img" [attr.aria-label]="summary()"></div>',
})
export class CurveChart {
  /** Unix seconds, rising. */
  readonly times = input.required<readonly number[]>();
  readonly curves = input.required<readonly Curve[]>();
  /** What a screen reader says in place of the picture. */
  readonly summary = input.required<string>();
  /** Words for a value of the y axis, with its unit. */
  readonly format = input.required<(value: number) => string>();
  /** The ends of the time axis, Unix seconds. */
  readonly from = input.required<number>();
  readonly to = input.required<number>();
  /** Far apart values beside each other: linear near zero, logarithmic above. */
  readonly isWide = input(false);
  /** Space at the left of the plot, so that it begins where the strips begin; pixels. */
  readonly insetPx = input(64);
  readonly insetRightPx = input(0);
  /** The y axis reaches at least up to here, so that next to nothing looks like next to nothing. */
  readonly leastTop = input(1);
  /** The cell pointed at, on this chart or elsewhere. */
  readonly cursor = input<number | null>(null);
  readonly cursorMoved = output<number | null>();

  protected readonly place = viewChild.required<ElementRef<HTMLElement>>('place');
  readonly #theme = inject(Theme);
  #plot: uPlot | undefined;
  #shape = '';
  #isTold = false;
  /** Values that the y axis has lines for. */
  #labelled: readonly number[] = [];

  constructor() {
    effect(() => this.#draw());
    effect(() => this.#showCursor(this.cursor()));
    const resized = new ResizeObserver(() => this.#fit());
    effect(() => resized.observe(this.place().nativeElement));
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => this.#rebuild();
    scheme.addEventListener('change', repaint);
    inject(DestroyRef).onDestroy(() => {
      resized.disconnect();
      scheme.removeEventListener('change', repaint);
      this.#plot?.destroy();
    });
  }

  /** New data into the same chart; a new chart only when its lines are others. */
  #draw(): void {
    const shape = JSON.stringify([
      this.#theme.choice(),
      this.insetPx(),
      this.insetRightPx(),
      this.isWide(),
      this.curves().map(({ label, colour, dash, upTo }) => [label, colour, dash, upTo !== undefined]),
    ]);
    const data = this.#data();
    const [from, to] = [this.from(), this.to()];
    if (this.#plot === undefined || shape !== this.#shape) {
      this.#shape = shape;
      untracked(() => this.#rebuild());
      return;
    }
    this.#plot.batch(() => {
      this.#plot?.setData(data);
      this.#plot?.setScale('x', { min: from, max: to });
    });
  }

  #rebuild(): void {
    const place = this.place().nativeElement;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(place), this.#data(), place);
    this.#showCursor(this.cursor());
  }

  #data(): uPlot.AlignedData {
    const lines = this.curves().flatMap(({ values, upTo }) =>
      upTo === undefined ? [values] : [values, upTo],
    );
    return [[...this.times()], ...lines];
  }

  #fit(): void {
    const width = this.place().nativeElement.clientWidth;
    if (width > 0 && width !== this.#plot?.width) this.#plot?.setSize({ width, height: HEIGHT_PX });
  }

  #showCursor(index: number | null): void {
    const plot = this.#plot;
    if (plot === undefined) return;
    const at = index === null ? undefined : this.times()[index];
    this.#isTold = true;
    plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at, 'x'), top: -10 });
    this.#isTold = false;
  }

  /** The same times as under the strips; fewer where there is less room. */
  #ticks({ bbox }: uPlot): { at: number; text: string }[] {
    const [from, to] = [this.from(), this.to()];
    const atMost = bbox.width / devicePixelRatio < NARROW_PX ? 4 : 8;
    return ticksOf(from, to, atMost).map(({ percent, text }) => ({
      at: from + (percent / 100) * (to - from),
      text,
    }));
  }

  /** A scale without a curve would tell nothing. */
  #hasValues(): boolean {
    return this.curves().some(({ values }) => values.some((value) => value !== null && value !== undefined));
  }

  #isInside(): boolean {
    return this.insetPx() < INSET_LEAST_PX;
  }

  /** Where the strips leave no room beside them, the y axis is written into the plot. */
  #labelInside({ ctx, bbox, valToPos }: uPlot): void {
    if (!this.#isInside()) return;
    ctx.save();
    ctx.textAlign = 'left';
    ctx.textBaseline = 'bottom';
    ctx.font = `${12 * devicePixelRatio}px ${getComputedStyle(this.place().nativeElement).fontFamily}`;
    ctx.fillStyle = getComputedStyle(this.place().nativeElement).color;
    for (const value of this.#labelled) {
      const y = valToPos(value, 'y', true);
      if (y > bbox.top + 14 * devicePixelRatio) ctx.fillText(this.format()(value), bbox.left + 2, y - 2);
    }
    ctx.restore();
  }

  #options(place: HTMLElement): uPlot.Options {
    const style = getComputedStyle(place);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: style.color,
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour('--curve-grid'), width: 1 },
      ticks: { show: false },
    };
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    for (const curve of this.curves()) {
      const stroke = colour(curve.colour);
      series.push({ stroke, width: 2, dash: [...curve.dash], points: { show: false }, spanGaps: false });
      if (curve.upTo === undefined) continue;
      series.push({
        stroke: `color-mix(in srgb, ${stroke} 40%, transparent)`,
        width: 1,
        points: { show: false },
      });
      bands.push({
        series: [series.length - 1, series.length - 2],
        fill: `color-mix(in srgb, ${stroke} 16%, transparent)`,
      });
    }
    return {
      width: place.clientWidth || 300,
      height: HEIGHT_PX,
      padding: [8, this.insetRightPx(), 0, 0],
      legend: { show: false },
      // uPlot draws the line of the cursor; which cell it is on is told, so that strips and charts agree.
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: true, range: () => [this.from(), this.to()] },
        y: this.isWide()
          ? { distr: 4, asinh: 10, range: (_plot, _min, max) => [0, Math.max(max * 1.2, this.leastTop())] }
          : { range: (_plot, _min, max) => [0, Math.max(max * 1.1, this.leastTop())] },
      },
      axes: [
        {
          ...axis,
          size: AXIS_PX,
          splits: (plot) => this.#ticks(plot).map(({ at }) => at),
          values: (plot) => this.#ticks(plot).map(({ text }) => text),
        },
        {
          ...axis,
          size: this.insetPx(),
          space: 36,
          ...(this.isWide()
            ? { splits: (plot: uPlot) => roundSteps(plot.scales['y']?.max ?? 0), filter: keepAll }
            : {}),
          values: (_plot, values) => {
            this.#labelled = this.#hasValues() ? values : [];
            return values.map((value) =>
              this.#isInside() || !this.#hasValues() ? '' : this.format()(value),
            );
          },
        },
      ],
      series,
      bands,
      hooks: {
        draw: [(plot) => this.#labelInside(plot)],
        setCursor: [
          ({ cursor }) => {
            if (!this.#isTold) this.cursorMoved.emit((cursor.left ?? -1) < 0 ? null : (cursor.idx ?? null));
          },
        ],
      },
    };
  }
}

/** 0, then 1, 10, 100 and so on up to `most`. */
function roundSteps(most: number): number[] {
  const steps = [0];
  for (let step = 10; step <= most; step *= 10) steps.push(step);
  return steps;
}

/** Instead of uPlot's own choice of the steps to label. */
function keepAll(_plot: uPlot, splits: number[]): number[] {
  return splits;
}
