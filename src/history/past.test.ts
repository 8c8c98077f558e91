import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figures, FrameMaker } from '../../test/history/frames.ts';
import { CELL_COLUMNS, type History, history } from '../contract/index.ts';
import { Past } from './past.ts';

/** A multiple of an hour, so that cells of every step begin there. */
const START = 497_222 * 3600;
const FIRST = CELL_COLUMNS.indexOf('first');

const one: Figures = { state: 'first', first: 1 };

/** Seconds that end at `START + n`, each with one packet on the tunnel. */
function filled(ends: Iterable<number>, past = new Past(), maker = new FrameMaker()): Past {
  for (const n of ends) past.addFrame(maker.frame(START + n, { '': one }));
  return past;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Packets per cell of the tunnel; null where nothing is known. */
function packets({ tracks }: History): (number | null)[] | undefined {
  return tracks.find(({ name }) => name === '')?.cells.map((cell) => cell?.[FIRST] ?? null);
}

function ask(past: Past, seconds: number, n: number, points?: number): History {
  return past.history('tunnel', { seconds, ...(points !== undefined && { points }) }, START + n);
}

describe('Past.history()', () => {
  it('gives a cell per second, null for seconds without a frame', () => {
    const past = filled([1, 2, 4]);
    const answer = ask(past, 6, 5);
    expect(answer).toMatchObject({ stepSeconds: 1, from: START - 1, to: START + 5 });
    expect(packets(answer)).toEqual([null, 1, 1, null, 1, null]);
    expect(history.parse(answer)).toEqual(answer);
  });

  it('knows no tracks of a session that it does not know', () => {
    expect(filled([1]).history('other', { seconds: 10 }, START + 1)).toMatchObject({ tracks: [] });
  });

  it('lists the tunnel and the links that have a cell in that time, in the order they came', () => {
    const past = new Past();
    const maker = new FrameMaker();
    past.addFrame(maker.frame(START + 1, { '': one, wan: one, lte: one }));
    past.addFrame(maker.frame(START + 2, { '': one, lte: one, usb: one }));
    expect(ask(past, 2, 2).tracks.map(({ name }) => name)).toEqual(['', 'wan', 'lte', 'usb']);
    expect(ask(past, 1, 2).tracks.map(({ name }) => name)).toEqual(['', 'lte', 'usb']);
  });

  it('beyond an hour gives tens of seconds, up to now', () => {
    const answer = ask(filled(range(1, 7204)), 7300, 7204);
    expect(answer).toMatchObject({ stepSeconds: 10, to: START + 7210 });
    const counts = packets(answer)!;
    expect(counts).toHaveLength(730);
    expect(counts.slice(0, 10)).toEqual([...Array<null>(9).fill(null), 10]);
    expect(counts.at(-1)).toBe(4);
    expect(counts.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(7204);
  });

  it('gives tens of seconds when the bytes for seconds did not last as long', () => {
    const past = filled(range(1, 1000), new Past({ maxBytes: 100_000 }));
    expect(ask(past, 900, 1000).stepSeconds).toBe(10);
    expect(packets(ask(past, 900, 1000))).toEqual(Array<number>(90).fill(10));
    expect(ask(past, 100, 1000).stepSeconds).toBe(1);
  });

  it.each([
    [900, 900, 1],
    [900, 450, 2],
    [900, 400, 3],
    [900, 1, 900],
    [10, 3600, 1],
    [86_400, 3600, 30],
    [86_400, 1000, 90],
    [3601, 3600, 10],
  ])('answers %d seconds in at most %d cells with steps of %d s', (seconds, points, stepSeconds) => {
    const answer = ask(filled([1]), seconds, 7, points);
    expect(answer.stepSeconds).toBe(stepSeconds);
    expect(answer.from % stepSeconds).toBe(0);
    expect(answer.to % stepSeconds).toBe(0);
    expect(answer.to - START).toBeGreaterThanOrEqual(7);
    expect(packets(answer)!.length).toBeLessThanOrEqual(points);
  });

  it('moves no cell when asked again a moment later', () => {
    const past = filled(range(1, 100));
    const [early, late] = [ask(past, 90, 93, 10), ask(past, 90, 98, 10)];
    expect(late.from - early.from).toBe(0);
    expect(packets(late)!.slice(0, 9)).toEqual(packets(early)!.slice(0, 9));
  });

  it('keeps every packet in sum, however it is cut into cells', () => {
    const past = filled(range(1, 900));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3600 }), (points) => {
        const counts = packets(ask(past, 3600, 900, points))!;
        expect(counts.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(900);
      }),
      { numRuns: 30 },
    );
  });
});

describe('Past.addFrame() when the clock is not even', () => {
  it('adds up two frames of one second, and keeps both in tens of seconds', () => {
    const past = filled([1, 2, 2, 3]);
    expect(packets(ask(past, 3, 3))).toEqual([1, 2, 1]);
    expect(packets(ask(past, 7200, 10))!.at(-1)).toBe(4);
  });

  it('replaces seconds that come again after the clock was put back, and keeps the others', () => {
    const past = filled([...range(1, 40), ...range(11, 25)]);
    expect(packets(ask(past, 40, 40))).toEqual(Array<number>(40).fill(1));
    expect(packets(ask(past, 7200, 40))!.slice(-4)).toEqual([10, 10, 5, 10]);
    expect(past.newest('tunnel')?.at).toBe(START + 25);
  });

  it('keeps what an earlier run knew while the clock is still at 1970', () => {
    const past = filled(range(1, 20));
    filled([10 - START, 11 - START], past);
    filled([30], past);
    expect(packets(ask(past, 30, 30))).toEqual([
      ...Array<number>(20).fill(1),
      ...Array<null>(9).fill(null),
      1,
    ]);
  });

  it('forgets frames dated in the future first when bytes run out', () => {
    const past = filled(range(5000, 5030), new Past({ maxBytes: 20_000 }));
    filled(range(1, 30), past);
    expect(packets(ask(past, 20, 30))).toEqual(Array<number>(20).fill(1));
  });

  it('survives frames in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 50 }), (ends) => {
        const past = filled(ends, new Past({ maxBytes: 5_000 }));
        const known = packets(ask(past, 3600, Math.max(1, ...ends))) ?? [];
        expect(known.filter((count) => count !== null).length).toBeLessThanOrEqual(ends.length);
      }),
    );
  });
});

describe('Past within its limits', () => {
  it('keeps 3,000 tracks within its bytes, and all of them equally far back', () => {
    const maxBytes = 8 * 1024 * 1024;
    const past = new Past({ maxBytes });
    const names = range(1, 750).map(String);
    const links = { '': one, wan: one, lte: one, sat: one };
    const sessions = Object.fromEntries(names.map((name) => [name, links]));
    const second = new FrameMaker().frameOf(START + 1, sessions);
    past.addFrame(second);
    for (const n of range(2, 200)) past.addFrame({ ...second, at: START + n, tracks: [] });
    const depths = names.map((name) => {
      const { tracks } = past.history(name, { seconds: 30 }, START + 200);
      return tracks.map(({ cells }) => cells.filter((cell) => cell !== null).length).join();
    });
    expect(new Set(depths)).toEqual(new Set(['30,30,30,30']));
    expect(past.size.bytes).toBeLessThanOrEqual(maxBytes);
    expect(past.size.bytes).toBeGreaterThan(maxBytes * 0.9);
  });

  it('forgets seconds after an hour, tens of seconds after a day, and tracks with them', () => {
    const past = new Past();
    const maker = new FrameMaker();
    past.addFrame(maker.frame(START + 1, { gone: one }));
    for (const n of range(1, 8700)) past.addFrame(maker.frame(START + n * 10, { '': one }));
    expect(past.size.tracks).toBe(1);
    expect(past.size.frames).toBeLessThanOrEqual(8646 + 366);
    expect(packets(ask(past, 86_400, 87_000))!.every((count) => count === 1)).toBe(true);
  });

  it('lets a link that returned after it was forgotten begin anew under a new number', () => {
    const past = new Past({ maxBytes: 2_000 });
    past.addFrame(new FrameMaker().frame(START + 1, { '': one, lte: one }));
    filled(range(2, 50), past);
    expect(past.size.tracks).toBe(1);
    past.addFrame(new FrameMaker().frame(START + 51, { lte: one }));
    expect(past.newest('tunnel')?.cells).toHaveProperty('lte');
  });

  it('forgets the oldest events and ended outages beyond their number and age', () => {
    const limits = { maxCount: 3, maxAgeSeconds: 100 };
    const past = new Past({ events: limits, outages: limits });
    const maker = new FrameMaker();
    for (const n of range(1, 5)) past.addEvent({ at: time(n), kind: 'path-up', detail: `${n}` });
    expect(past.events({ limit: 10 }).map(({ id }) => id)).toEqual([5, 4, 3]);
    past.addEvent({ at: time(104), kind: 'path-up', detail: 'x'.repeat(5000) });
    expect(past.events({ limit: 10 }).map(({ id, detail }) => [id, detail.length])).toEqual([
      [6, 1000],
      [5, 1],
      [4, 1],
    ]);

    const down: Figures = { state: 'down' };
    for (const n of range(0, 4)) {
      past.addFrame(maker.frame(START + n * 10 + 1, { '': one, eth: down, lte: down }));
      past.addFrame(maker.frame(START + n * 10 + 2, { '': one, eth: down, lte: one }));
    }
    expect(past.outages({ limit: 10 }).map(({ id, path }) => [id, path])).toEqual([
      [6, 'lte'],
      [5, 'lte'],
      [4, 'lte'],
      [1, 'eth'],
    ]);
    for (const n of range(1, 3)) past.addFrame(maker.frame(START + n * 50, { '': one, eth: down, lte: one }));
    expect(past.outages({ limit: 10 }).map(({ id }) => id)).toEqual([1]);
  });
});

describe('Past.events() and outages()', () => {
  const past = new Past();
  past.addEvent({ at: time(1), kind: 'path-up', session: 'a', path: 'lte', detail: '' });
  past.addEvent({ at: time(2), kind: 'path-up', session: 'b', path: 'lte', detail: '' });
  past.addEvent({ at: time(3), kind: 'program-stopped', detail: '' });

  it.each([
    [{ limit: 2 }, [3, 2]],
    [{ limit: 9, path: 'lte' }, [2, 1]],
    [{ limit: 9, session: 'a' }, [1]],
    [{ limit: 9, since: time(2) }, [3, 2]],
    [{ limit: 9, path: 'wan' }, []],
  ])('answer %j', (query, ids) => {
    expect(past.events(query).map(({ id }) => id)).toEqual(ids);
  });

  it('give outages that ended since, or last', () => {
    const seconds: Record<string, Figures>[] = [
      { a: { state: 'down' }, b: { state: 'down' } },
      { a: one, b: { state: 'down' } },
      { a: one, b: { state: 'down' } },
    ];
    const record = new Past();
    const maker = new FrameMaker();
    for (const [i, cells] of seconds.entries()) record.addFrame(maker.frame(START + i + 1, cells));
    expect(record.outages({ limit: 9, since: time(1) }).map(({ path }) => path)).toEqual(['b', 'a']);
    expect(record.outages({ limit: 9, since: time(2) }).map(({ path }) => path)).toEqual(['b']);
  });
});

describe('Past.newest()', () => {
  it('gives the cells of the last second that mentions the session', () => {
    const past = new Past();
    expect(past.newest('tunnel')).toBeUndefined();
    past.addFrame(new FrameMaker().frame(START + 1, { '': one, lte: { state: 'late', late: 2 } }));
    expect(past.newest('tunnel')).toEqual({
      at: START + 1,
      cells: { '': [2, 1, 0, 0, 0, 0, 0, 0, 0], lte: [3, 0, 2, 0, 0, 0, 0, 0, 0] },
    });
    expect(past.newest('other')).toBeUndefined();
  });
});

function time(n: number): string {
  return new Date((START + n) * 1000).toISOString();
}
