/**
 * Draws one strip: a bar per cell, or per group of cells where a screen has fewer columns. Each state has its
 * shape besides its colour:
 *
 *   first     full bar                      silent    gap over a thick line
 *   late      lower bar                     down      gap over a dashed line
 *   lossy     bar with a tooth from above   excluded  dots
 *   idle      thin line                     none      nothing
 */
import type { CellState } from '../contract.ts';
import { type Cell, type CellSum, cameOf, lossShareOf, sumOf } from './cell.ts';
import type { CellColours } from './palette.ts';

/** Where on the canvas and in time a strip is, in CSS pixels and seconds. */
export interface StripFrame {
  readonly width: number;
  readonly height: number;
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
  /** Unix seconds at the beginning of the first cell. */
  readonly from: number;
  readonly stepSeconds: number;
  /** Cells that the whole width stands for. */
  readonly count: number;
  readonly isTunnel: boolean;
}

/** Teeth stick out above the bars by so much, so that one lost packet is seen in a bar of one pixel. */
const TOOTH_PX = 4;
const LATE_HEIGHT = 0.62;
const BASELINE_PX = 4;
const THIN_PX = 2;
const DASH_PX = 4;

/** The bar's part that a tooth reaches down: by the root of the share of lost packets, and at least so much. */
const TOOTH_MIN = 0.12;

export function drawStrip(
  context: CanvasRenderingContext2D,
  cells: readonly Cell[],
  frame: StripFrame,
  colours: CellColours,
): void {
  const { width, height, ratio, from, stepSeconds, count, isTunnel } = frame;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, Math.ceil(width * ratio), Math.ceil(height * ratio));
  const group = Math.max(1, Math.ceil(count / Math.max(1, Math.floor(width))));
  // Groups begin at multiples of their own length in time, so that they move along and don't flicker.
  const offset = Math.floor(from / stepSeconds) % group;
  const columnPx = (group / count) * width;
  const columnsPerDash = Math.ceil(DASH_PX / columnPx);
  const px = (x: number) => Math.round(x * ratio);
  for (let begin = -offset; begin < count; begin += group) {
    const sum = sumOf(cells, begin, Math.min(begin + group, count));
    if (sum.state === 'none') continue;
    const left = px(Math.max(0, (begin / count) * width));
    const right = px(Math.min(width, ((begin + group) / count) * width));
    const look = {
      height,
      isTunnel,
      isDash: Math.floor((from / stepSeconds + begin) / group / columnsPerDash) % 2 === 0,
    };
    for (const [top, bottom, colour] of barsOf(sum, look, colours)) {
      context.fillStyle = colour;
      context.fillRect(left, px(top), Math.max(1, right - left), px(bottom) - px(top));
    }
  }
}

type Bar = readonly [top: number, bottom: number, colour: string];

interface Look {
  readonly height: number;
  readonly isTunnel: boolean;
  /** Here a dashed line is drawn, not left out. */
  readonly isDash: boolean;
}

/** Of several cells together the state is the worst one's; but a gap would say that nothing came in all of them. */
function barsOf(sum: CellSum, look: Look, colours: CellColours): Bar[] {
  const shapes = shapesOf(sum, look, colours);
  if (cameOf(sum, look.isTunnel) === 0) return shapes[sum.state];
  const delivered = look.isTunnel || sum.first >= sum.late ? shapes.first : shapes.late;
  if (sum.state === 'silent') return shapes.lossy;
  if (sum.state === 'excluded') return delivered;
  return sum.state === 'down' ? [...delivered, ...shapes.down] : shapes[sum.state];
}

function shapesOf(sum: CellSum, look: Look, colours: CellColours): Record<CellState, Bar[]> {
  const { height, isTunnel, isDash } = look;
  const middle = (TOOTH_PX + height) / 2;
  const full = isTunnel ? colours.tunnel : colours.first;
  const tooth = Math.max(TOOTH_MIN, Math.sqrt(lossShareOf(sum, isTunnel) ?? 1));
  const toothEnd = TOOTH_PX + (height - TOOTH_PX) * tooth;
  return {
    none: [],
    idle: [[height - THIN_PX, height, colours.quiet]],
    first: [[TOOTH_PX, height, full]],
    late: [[height - (height - TOOTH_PX) * LATE_HEIGHT, height, colours.late]],
    excluded: isDash ? [[middle - 1, middle + 1, colours.quiet]] : [],
    down: isDash ? [[height - BASELINE_PX, height, colours.lost]] : [],
    lossy: [
      [0, toothEnd, colours.lost],
      [toothEnd, height, isTunnel || sum.first >= sum.late ? full : colours.late],
    ],
    silent: [
      [TOOTH_PX, height, colours.gap],
      [height - BASELINE_PX, height, colours.lost],
    ],
  };
}
