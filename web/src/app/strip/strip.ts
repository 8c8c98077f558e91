/** One strip: what happened to a link or the tunnel, as a canvas. Whoever puts it on a page says it in words. */
import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  DestroyRef,
  type ElementRef,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import type { Cell } from './cell.ts';
import { drawStrip } from './draw-strip.ts';
import { Palette } from './palette.ts';

@Component({
  selector: 'rg-strip',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { class: 'strip', '[class.strip-tunnel]': 'isTunnel()' },
  template: '<canvas #canvas aria-hidden="true"></canvas>',
})
export class Strip {
  readonly cells = input.required<readonly Cell[]>();
  /** Unix seconds at the beginning of the first cell. */
  readonly from = input.required<number>();
  readonly stepSeconds = input(1);
  /** Cells that the width stands for; missing ones at the end stay empty. */
  readonly count = input.required<number>();
  readonly isTunnel = input(false);

  readonly #palette = inject(Palette);
  readonly #size = signal({ width: 0, height: 0, ratio: 1 });
  protected readonly canvas = viewChild.required<ElementRef<HTMLCanvasElement>>('canvas');

  constructor() {
    const observer = new ResizeObserver((entries) => {
      const box = entries[0]!.contentRect;
      this.#size.set({ width: box.width, height: box.height, ratio: devicePixelRatio });
    });
    inject(DestroyRef).onDestroy(() => observer.disconnect());
    afterRenderEffect(() => observer.observe(this.canvas().nativeElement));
    afterRenderEffect(() => this.#draw());
  }

  #draw(): void {
    const { width, height, ratio } = this.#size();
    const canvas = this.canvas().nativeElement;
    const context = canvas.getContext('2d');
    if (width === 0 || context === null) return;
    const widthPx = Math.round(width * ratio);
    const heightPx = Math.round(height * ratio);
    if (canvas.width !== widthPx || canvas.height !== heightPx) {
      canvas.width = widthPx;
      canvas.height = heightPx;
    }
    const frame = {
      width,
      height,
      ratio,
      from: this.from(),
      stepSeconds: this.stepSeconds(),
      count: this.count(),
      isTunnel: this.isTunnel(),
    };
    drawStrip(context, this.cells(), frame, this.#palette.colours());
  }
}
