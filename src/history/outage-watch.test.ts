import { describe, expect, it } from 'vitest';
import { type Figures, FrameMaker } from '../../test/history/frames.ts';
import type { Outage } from '../contract/index.ts';
import { GAP_SECONDS, SUSPICION_SECONDS } from './outage-rules.ts';
import { Past } from './past.ts';

const START = 1_790_000_000;
const QUERY = { limit: 100 };

const fine: Figures = { state: 'first', first: 50 };
const idle: Figures = { state: 'idle' };
const silent: Figures = { state: 'silent', lost: 50 };
const down: Figures = { state: 'down' };
const lossy: Figures = { state: 'lossy', first: 30, lost: 20 };
const mild: Figures = { state: 'lossy', first: 42, lost: 8 };
const excluded: Figures = { state: 'excluded' };

/** A second each: of the link `lte`, beside a tunnel that carries or does as told. Outages oldest first. */
function outagesOf(
  seconds: readonly (Figures | undefined)[],
  tunnel: (i: number) => Figures = () => fine,
): Outage[] {
  const past = new Past();
  const maker = new FrameMaker();
  seconds.forEach((lte, i) => {
    past.addFrame(maker.frame(START + i + 1, { '': tunnel(i), ...(lte && { lte }) }));
  });
  return past.outages(QUERY).reverse();
}

/** Beginning and end in seconds after the start, `...` for one that lasts. */
function spans(outages: readonly Outage[]): string[] {
  return outages.map(({ from, to, cause }) => `${after(from)}-${to === null ? '...' : after(to)} ${cause}`);
}

function after(time: string): number {
  return Date.parse(time) / 1000 - START;
}

describe('OutageWatch.see() of a link', () => {
  it.each<[what: string, seconds: (Figures | undefined)[], outages: string[]]>([
    ['nothing at all', [fine, idle, fine], []],
    ['one that lasts', [fine, silent, silent], ['1-... silent']],
    ['one that ended', [fine, silent, silent, fine, fine], ['1-3 silent']],
    ['a socket lost for a second', [fine, down, fine], ['1-2 down']],
    ['silence that turned out as down', [silent, silent, down, down, fine], ['0-4 down']],
    ['down until the first copy', [down, silent, silent, fine], ['0-3 down']],
    ['a quarter lost, once', [fine, lossy, fine, lossy, fine], []],
    ['a quarter lost, twice in a row', [fine, lossy, lossy, fine], ['1-3 lossy']],
    ['less lost in between', [lossy, lossy, mild, mild, lossy, fine], ['0-5 lossy']],
    ['less than that never', [mild, mild, mild, mild], []],
    [
      'a quarter of very few lost',
      [fine, ...Array<Figures>(2).fill({ state: 'lossy', first: 2, lost: 1 }), fine],
      [],
    ],
    ['lossy, then silent', [fine, lossy, silent, fine], ['1-3 silent']],
    ['idle seconds within', [down, idle, idle, fine], ['0-3 down']],
    ['idle at the end', [silent, silent, idle], ['0-... silent']],
    ['excluded', [down, down, excluded, excluded], ['0-2 down']],
    ['excluded and down again: two', [down, excluded, down], ['0-1 down', '2-... down']],
    ['gone', [fine, down, undefined, undefined], ['1-2 down']],
    ['again within 5 s: the same', [down, fine, fine, fine, fine, down, fine], ['0-6 down']],
    ['again after 5 s: another', [down, fine, fine, fine, fine, fine, down, fine], ['0-1 down', '6-7 down']],
  ])('%s', (_, seconds, outages) => {
    expect(spans(outagesOf(seconds))).toEqual(outages);
  });

  it('makes no noise of a lone packet that a slow link brings a second later', () => {
    const once: Figures = { state: 'silent' };
    const late: Figures = { state: 'late', late: 1 };
    expect(outagesOf([once, late, once, late], () => ({ state: 'first', first: 1 }))).toEqual([]);
  });

  it('makes no noise of a burst that a slow link begins to bring a second later', () => {
    expect(outagesOf([idle, { state: 'silent' }, { state: 'late', late: 90 }])).toEqual([]);
  });

  it('makes no noise of one lost packet, which is settled a second later', () => {
    const tunnel = (i: number): Figures => (i === 1 ? { state: 'first', first: 1 } : idle);
    expect(outagesOf([idle, { state: 'silent' }, { state: 'silent', lost: 1 }, idle, idle], tunnel)).toEqual(
      [],
    );
    expect(outagesOf([idle, { state: 'silent' }, { state: 'lossy', lost: 1 }, idle, idle], tunnel)).toEqual(
      [],
    );
  });

  it('finds a dead link by keepalives alone, from the first that was missed', () => {
    const isKeepalive = (i: number) => i % 25 === 0;
    const seconds = Array.from(
      { length: 30 },
      (_, i): Figures => (isKeepalive(i) ? { state: 'silent' } : idle),
    );
    const tunnel = (i: number): Figures => (isKeepalive(i) ? { state: 'first', first: 1 } : idle);
    expect(spans(outagesOf(seconds, tunnel))).toEqual(['0-... silent']);
  });

  it('drops a suspicion that nothing confirmed in time', () => {
    const seconds = Array.from({ length: SUSPICION_SECONDS + 3 }, (_, i): Figures => {
      return i === 0 || i > SUSPICION_SECONDS ? { state: 'silent' } : idle;
    });
    expect(spans(outagesOf(seconds))).toEqual([`${SUSPICION_SECONDS + 1}-... silent`]);
  });

  it('lets seconds and losses grow, and tells each second of it', () => {
    const past = new Past();
    const maker = new FrameMaker();
    const tunnel: Figures = { state: 'lossy', first: 50, lost: 2 };
    const told = [fine, silent, silent, silent, fine].flatMap((lte, i) =>
      past.addFrame(maker.frame(START + i + 1, { '': tunnel, lte })).filter(({ path }) => path === 'lte'),
    );
    expect(
      told.map(({ id, seconds, lost, lostByTunnel, to }) => [id, seconds, lost, lostByTunnel, to !== null]),
    ).toEqual([
      [told[0]!.id, 1, 50, 2, false],
      [told[0]!.id, 2, 100, 4, false],
      [told[0]!.id, 3, 150, 6, false],
      [told[0]!.id, 3, 150, 6, true],
    ]);
  });
});

describe('OutageWatch.see() of a tunnel', () => {
  const lost: Figures = { state: 'lossy', first: 1000, lost: 1 };
  it.each<[what: string, seconds: Figures[], outages: string[]]>([
    ['a packet lost', [fine, lost, fine], ['1-2 lossy']],
    ['idle ends it', [lost, idle], ['0-1 lossy']],
    ['joined within 5 s', [lost, fine, fine, fine, fine, lost, fine], ['0-6 lossy']],
    ['not joined after 5 s', [lost, fine, fine, fine, fine, fine, lost, fine], ['0-1 lossy', '6-7 lossy']],
    ['no link left', [fine, down, down, fine], ['1-3 down']],
  ])('%s', (_, seconds, outages) => {
    expect(
      spans(
        outagesOf(
          seconds.map(() => undefined),
          (i) => seconds[i]!,
        ),
      ),
    ).toEqual(outages);
  });

  it('adds up what was lost over a join, under one number', () => {
    const outages = outagesOf([undefined, undefined, undefined], (i) => (i === 1 ? fine : lost));
    expect(outages).toMatchObject([{ seconds: 3, lost: 2, lostByTunnel: 2 }]);
    expect(outages[0]).not.toHaveProperty('path');
  });
});

describe('OutageWatch.see() when time is not even', () => {
  it.each([
    ['sleeps', GAP_SECONDS + 2],
    ['is put back', -500],
  ])('ends what was open with the last known second when the clock %s', (_, jumpSeconds) => {
    const past = new Past();
    const maker = new FrameMaker();
    past.addFrame(maker.frame(START + 1, { '': fine, lte: down }));
    past.addFrame(maker.frame(START + 2, { '': fine, lte: down }));
    past.addFrame(maker.frame(START + 2 + jumpSeconds, { '': fine, lte: down }));
    expect(spans(past.outages(QUERY).reverse())).toEqual(['0-2 down', `${1 + jumpSeconds}-... down`]);
  });

  it('goes on over a few missing seconds', () => {
    const past = new Past();
    const maker = new FrameMaker();
    for (const at of [1, 2, 9]) past.addFrame(maker.frame(START + at, { '': fine, lte: down }));
    expect(past.outages(QUERY)).toMatchObject([{ seconds: 9, to: null }]);
  });

  it('keeps sessions apart', () => {
    const past = new Past();
    const maker = new FrameMaker();
    for (const at of [1, 2])
      past.addFrame(
        maker.frameOf(START + at, {
          a: { '': idle, lte: { state: 'silent' } },
          b: { '': fine, lte: silent },
        }),
      );
    expect(past.outages(QUERY).map(({ session }) => session)).toEqual(['b']);
    expect(past.outages({ ...QUERY, session: 'a' })).toEqual([]);
  });
});
