import { beforeEach, describe, expect, test } from 'vitest';
import { CELL_COLUMNS, CELL_STATES, type PathState, TUNNEL_TRACK } from '../contract/index.ts';
import type { Frame } from '../history/index.ts';
import { Counters, P, S } from '../net/index.ts';
import { Seconds } from './seconds.ts';
import { SessionGauge } from './session-gauge.ts';

const START_MS = 1_000_000;

describe('Seconds', () => {
  let counters: Counters;
  let session: SessionGauge;
  let seconds: Seconds;
  let nowMs: number;
  let states: Map<string, PathState>;
  let known: Frame['tracks'];

  beforeEach(() => {
    counters = Counters.forPaths(2);
    session = new SessionGauge(counters, 0, 'tunnel', START_MS);
    session.opened('a', { path: 0, slot: 0 }, START_MS);
    session.opened('b', { path: 1, slot: 1 }, START_MS);
    seconds = new Seconds();
    nowMs = START_MS;
    states = new Map([
      ['a', 'up'],
      ['b', 'up'],
    ]);
    known = second().tracks;
  });

  const count = (path: number, columns: Partial<Record<keyof typeof P, number>>) => {
    for (const [column, by] of Object.entries(columns)) {
      counters.values[counters.pathBlock(path) + P[column as keyof typeof P]]! += by;
    }
  };
  const countSession = (column: keyof typeof S, by: number) => {
    counters.values[counters.sessionBlock(0) + S[column]]! += by;
  };

  function second(): Frame {
    nowMs += 1_000;
    session.sample(nowMs);
    session.look(nowMs);
    const links = [...states].map(([name, state]) => ({ name, state, gauge: session.find(name) }));
    seconds.add(session, links);
    return seconds.take(nowMs / 1000);
  }

  /** A track's cell by column, its state in words. */
  function cell(frame: Frame, name: string): Record<string, number | string> {
    const id = known.find((track) => track.name === name)!.id;
    const at = frame.ids.indexOf(id) * CELL_COLUMNS.length;
    const values = [...frame.rows.subarray(at, at + CELL_COLUMNS.length)];
    return {
      ...Object.fromEntries(CELL_COLUMNS.map((column, i) => [column, values[i]!])),
      state: CELL_STATES[values[0]!]!,
    };
  }
  test('names each track once, the tunnel first', () => {
    expect(known.map(({ name }) => name)).toEqual([TUNNEL_TRACK, 'a', 'b']);
    expect(new Set(known.map(({ id }) => id)).size).toBe(3);
    expect(second().tracks).toEqual([]);
    seconds.forgetAll();
    expect(second().tracks).toHaveLength(3);
  });

  test('tells who was first, who late, and what came and went', () => {
    count(0, { first: 90, late: 10, inBytes: 1_000, outBytes: 500 });
    count(1, { first: 10, late: 90, inBytes: 900, outBytes: 500 });
    countSession('packets', 100);
    countSession('bytes', 1_000);
    const frame = second();
    expect(cell(frame, 'a')).toMatchObject({
      state: 'first',
      first: 90,
      late: 10,
      bytesIn: 1_000,
      bytesOut: 500,
    });
    expect(cell(frame, 'b')).toMatchObject({ state: 'late' });
    expect(cell(frame, TUNNEL_TRACK)).toMatchObject({
      state: 'first',
      first: 100,
      bytesIn: 1_000,
      bytesOut: 500,
    });
  });

  test('is idle when nothing comes on any link', () => {
    const frame = second();
    for (const name of ['a', 'b', TUNNEL_TRACK]) expect(cell(frame, name).state).toBe('idle');
  });

  test('a link that lost what another brought is lossy; one that brought nothing is silent', () => {
    count(0, { first: 100, lost: 1 });
    count(1, { lost: 100 });
    countSession('packets', 100);
    const frame = second();
    expect(cell(frame, 'a')).toMatchObject({ state: 'lossy', lost: 1 });
    expect(cell(frame, 'b')).toMatchObject({ state: 'silent', lost: 100 });
    expect(cell(frame, TUNNEL_TRACK).state).toBe('first');
  });

  test('a link that others leave behind is silent before its packets are settled', () => {
    count(1, { first: 1, inPackets: 1, lastInMs: nowMs });
    second();
    count(0, { first: 100, inPackets: 100 });
    countSession('packets', 100);
    expect(cell(second(), 'b').state).toBe('silent');
  });

  test('what no link brought was lost by the tunnel, and on each link', () => {
    count(0, { first: 99 });
    countSession('packets', 99);
    countSession('lost', 1);
    const frame = second();
    expect(cell(frame, TUNNEL_TRACK)).toMatchObject({ state: 'lossy', lost: 1 });
    expect(cell(frame, 'a')).toMatchObject({ state: 'lossy', lost: 1 });
  });

  test('links out of use are excluded or down, and without any the tunnel is down', () => {
    session.closed('a');
    session.closed('b');
    states.set('a', 'excluded').set('b', 'down').set('never opened', 'down');
    const frame = second();
    known = [...known, ...frame.tracks];
    expect(cell(frame, 'a').state).toBe('excluded');
    expect(cell(frame, 'b').state).toBe('down');
    expect(cell(frame, 'never opened').state).toBe('down');
    expect(cell(frame, TUNNEL_TRACK).state).toBe('down');
  });

  test('names a link that was gone anew, under another number', () => {
    states.delete('b');
    second();
    states.set('b', 'up');
    const [track] = second().tracks;
    expect(track).toMatchObject({ session: 'tunnel', name: 'b' });
    expect(known.map(({ id }) => id)).not.toContain(track!.id);
  });
});
