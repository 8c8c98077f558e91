import { describe, expect, test } from 'vitest';
import type { Outage } from '../contract.ts';
import { formatLength } from './moments.ts';
import { outageSentence } from './outage-words.ts';
import { barNear, newestFirst, outageAt, rowsOf, ticksOf, withChanges } from './timeline.ts';

const HOUR_MS = 3_600_000;
const range = { fromMs: Date.parse('2026-11-01T00:00:00Z'), toMs: Date.parse('2026-11-02T00:00:00Z') };

function outage(id: number, from: string, to: string | null, more: Partial<Outage> = {}): Outage {
  const day = (clock: string) => `2026-11-01T${clock}:00.000Z`;
  return {
    id,
    session: 's',
    path: 'lte',
    cause: 'silent',
    from: day(from),
    to: to === null ? null : day(to),
    seconds: 192,
    lost: 7680,
    lostByTunnel: 0,
    ...more,
  };
}

describe('rowsOf()', () => {
  test('has a row for each known link, also without an outage, and then for others', () => {
    const known = [
      { session: 's', path: undefined },
      { session: 's', path: 'fibre' },
    ];
    const rows = rowsOf([outage(1, '06:00', '07:00')], known, range);
    expect(rows.map(({ path, bars }) => [path, bars.length])).toEqual([
      [undefined, 0],
      ['fibre', 0],
      ['lte', 1],
    ]);
  });

  test('keeps links of the same name in two sessions apart', () => {
    const rows = rowsOf(
      [outage(1, '06:00', '07:00'), outage(2, '06:00', '07:00', { session: 't' })],
      [],
      range,
    );
    expect(rows).toHaveLength(2);
  });

  test('places a bar by its share of the range', () => {
    const [bar] = rowsOf([outage(1, '06:00', '12:00')], [], range)[0]?.bars ?? [];
    expect(bar).toMatchObject({ leftPercent: 25, widthPercent: 25 });
  });

  test('cuts an outage off that began before, and ends one that lasts now', () => {
    const before = outage(1, '00:00', '06:00', { from: '2026-10-31T00:00:00.000Z' });
    const [row] = rowsOf([before, outage(2, '18:00', null)], [], range);
    expect(row?.bars).toMatchObject([
      { leftPercent: 0, widthPercent: 25 },
      { leftPercent: 75, widthPercent: 25 },
    ]);
    expect(row?.seconds).toBe(12 * 3600);
  });
});

describe('barNear()', () => {
  const bars = rowsOf([outage(1, '06:00', '07:00'), outage(2, '08:00', '09:00')], [], range)[0]?.bars ?? [];

  test.each([
    [26, 1],
    [24, 1],
    [30, 1],
    [32, 2],
  ])('finds at %d %% outage %d', (percent, id) => expect(barNear(bars, percent, 2)?.outage.id).toBe(id));

  test('finds nothing out of reach', () => expect(barNear(bars, 50, 2)).toBeUndefined());
});

describe('outageAt()', () => {
  const outages = [
    outage(1, '06:00', '07:00', { path: 'dsl' }),
    outage(2, '06:00', '07:00'),
    outage(3, '20:00', null),
    { ...outage(4, '06:00', '07:00'), path: undefined } as unknown as Outage,
  ];
  const at = (clock: string) => Date.parse(`2026-11-01T${clock}:00Z`);

  test.each([
    ['lte', '06:30', 2],
    ['lte', '07:04', 2],
    ['lte', '23:00', 3],
    [undefined, '06:30', 4],
    [undefined, '21:00', 3],
  ])('of %s at %s is %d', (path, clock, id) => expect(outageAt(outages, path, at(clock))?.id).toBe(id));

  test('is none when nothing was amiss within five minutes', () => {
    expect(outageAt(outages, 'lte', at('12:00'))).toBeUndefined();
  });
});

test('newestFirst() begins with those that last', () => {
  const sorted = newestFirst([
    outage(1, '20:00', null),
    outage(2, '22:00', '23:00'),
    outage(3, '21:00', null),
  ]);
  expect(sorted.map(({ id }) => id)).toEqual([3, 1, 2]);
});

test('withChanges() replaces an outage by what became of it, and adds new ones', () => {
  const listed = [outage(1, '06:00', null)];
  const now = withChanges(listed, [outage(1, '06:00', '07:00'), outage(2, '08:00', null)]);
  expect(now.map(({ id, to }) => [id, to === null])).toEqual([
    [1, false],
    [2, true],
  ]);
});

test.each([1, 6, 24, 7 * 24, 30 * 24])('ticksOf() gives 3 to 9 rising ticks for %d h', (hours) => {
  const percents = ticksOf({ fromMs: range.toMs - hours * HOUR_MS, toMs: range.toMs }).map(
    ({ leftPercent }) => leftPercent,
  );
  expect(percents.length).toBeGreaterThanOrEqual(3);
  expect(percents.length).toBeLessThanOrEqual(9);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [192, '3 min 12 s'],
  [3600, '1 h'],
  [3605, '1 h'],
  [4240, '1 h 10 min'],
  [90_000, '1 d 1 h'],
])('formatLength(%d) is %s', (seconds, text) => expect(formatLength(seconds)).toBe(text));

test('outageSentence() says what the tunnel lost meanwhile', () => {
  expect(outageSentence(outage(1, '06:00', '07:00'), 'LTE')).toBe(
    'LTE was silent for 3 min 12 s; the tunnel lost nothing.',
  );
  expect(outageSentence(outage(1, '06:00', null, { lostByTunnel: 1 }), 'LTE')).toBe(
    'LTE has been silent for 3 min 12 s; the tunnel has lost 1 packet.',
  );
});

test('outageSentence() of the tunnel itself counts what came on no link', () => {
  const { path: _, ...own } = outage(1, '06:00', '07:00', { lostByTunnel: 31, cause: 'lossy' });
  expect(outageSentence(own, 'Tunnel')).toBe(
    'The tunnel lost packets for 3 min 12 s: 31 packets came on no link.',
  );
});
