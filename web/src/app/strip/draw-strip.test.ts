import { describe, expect, it } from 'vitest';
import { CELL_COLUMNS, CELL_STATES, type CellState } from '../contract.ts';
import type { Cell } from './cell.ts';
import { drawStrip } from './draw-strip.ts';

const colours = { tunnel: 'tunnel', first: 'first', late: 'late', lost: 'lost', gap: 'gap', quiet: 'quiet' };

/** Rectangles drawn into a strip that is 24 high, as [left, top, right, bottom, colour]. */
function drawn(cells: readonly Cell[], width: number, from = 0): (number | string)[][] {
  const bars: (number | string)[][] = [];
  const context = {
    fillStyle: '',
    setTransform: () => {},
    clearRect: () => {},
    fillRect(left: number, top: number, wide: number, high: number) {
      bars.push([left, top, left + wide, top + high, this.fillStyle]);
    },
  };
  const frame = { width, height: 24, ratio: 1, from, stepSeconds: 1, count: cells.length, isTunnel: false };
  drawStrip(context as unknown as CanvasRenderingContext2D, cells, frame, colours);
  return bars;
}

function cell(state: CellState, counts: Record<string, number> = {}): number[] {
  const values: Record<string, number> = { state: CELL_STATES.indexOf(state), ...counts };
  return CELL_COLUMNS.map((column) => values[column] ?? 0);
}

describe('drawStrip()', () => {
  it.each([
    ['none', []],
    ['first', [[0, 4, 10, 24, 'first']]],
    [
      'silent',
      [
        [0, 4, 10, 24, 'gap'],
        [0, 20, 10, 24, 'lost'],
      ],
    ],
    ['idle', [[0, 22, 10, 24, 'quiet']]],
  ] as const)('shows %s by a shape of its own', (state, bars) => {
    expect(drawn([cell(state)], 10)).toEqual(bars);
  });

  it('makes late bars lower than first ones', () => {
    const [[, lateTop] = []] = drawn([cell('late')], 10);
    expect(lateTop).toBeGreaterThan(4);
  });

  it('shows a single lost packet as a tooth above the bar', () => {
    expect(drawn([cell('lossy', { first: 999, lost: 1 })], 10)).toEqual([
      [0, 0, 10, 6, 'lost'],
      [0, 6, 10, 24, 'first'],
    ]);
  });

  it('shows how much was lost by the length of the tooth', () => {
    const ends = [0.04, 0.25, 1].map((share) => {
      const bars = drawn([cell('lossy', { first: 100 * (1 - share), lost: 100 * share })], 10);
      return bars[0]?.[3];
    });
    expect(ends).toEqual([8, 14, 24]);
  });

  it.each([
    ['silent', ['lost', 'first']],
    ['down', ['first', 'lost']],
    ['excluded', ['first']],
  ] as const)('leaves no gap for a moment of %s among seconds that delivered', (state, colour) => {
    const bars = drawn([cell('first', { first: 9 }), cell(state, { lost: 1 })], 1);
    expect(bars.map((bar) => bar[4])).toEqual(colour);
  });

  it('takes seconds together where there are fewer columns, and loses no loss', () => {
    const cells = Array.from({ length: 900 }, (_, index) =>
      cell(index === 451 ? 'lossy' : 'first', { lost: 1 }),
    );
    const bars = drawn(cells, 300);
    expect(bars.filter(([, , , , colour]) => colour === 'lost')).toHaveLength(1);
    expect(bars.length).toBeLessThanOrEqual(302);
  });

  it('groups the same seconds again when the strip has moved on', () => {
    const states = (from: number) =>
      drawn(
        Array.from({ length: 900 }, (_, index) =>
          cell((from + index) % 7 === 0 ? 'lossy' : 'first', { lost: 1, first: 1 }),
        ),
        300,
        from,
      )
        .filter(([, top]) => top === 0)
        .map(([left]) => (left as number) + from / 3);
    const later = states(3);
    expect(states(0).filter((left) => left >= 1 && left < 299)).toEqual(
      later.filter((left) => left >= 1 && left < 299),
    );
  });
});
