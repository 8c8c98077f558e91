import { describe, expect, it } from 'vitest';
import type { ClientOverview, Path, TunnelState } from '../contract.ts';
import { headlineOf, withoutNews } from './headline.ts';
import type { Losses } from './losses.ts';

function path(name: string, state: Path['state'], silentSeconds = 0): Path {
  return { name, state, silentSeconds, lastSeconds: silentSeconds } as Path;
}

function overview(state: TunnelState, paths: Path[], idleSeconds: number | null = 0): ClientOverview {
  const tenSeconds = { lost: 3, lossShare: 0.01 };
  return {
    role: 'client',
    instance: { listenAddress: '127.0.0.1:59401', destination: 'vpn.example:59402' },
    session: { tunnel: { state, idleSeconds, windows: { '10s': tenSeconds } }, paths },
  } as unknown as ClientOverview;
}

function losses(tunnel: number | null, links: Record<string, number>, knownSeconds = 899): Losses {
  const loss = (name: string, lost: number) => ({ name, label: name, lost, share: lost / 100_000 });
  return {
    knownSeconds,
    tunnel: { ...loss('', tunnel ?? 0), share: tunnel === null ? null : tunnel / 100_000 },
    links: Object.entries(links).map(([name, lost]) => loss(name, lost)),
  };
}

const both = [path('DSL', 'up'), path('LTE', 'up')];

describe('headlineOf()', () => {
  it('says what one link alone would have lost', () => {
    const { mood, title, sentences } = headlineOf(
      overview('carrying', both),
      losses(0, { DSL: 0, LTE: 4310 }),
    );
    expect(`${mood}: ${title} ${sentences.join(' ')}`).toBe(
      'good: Tunnel up. Nothing lost in 15 minutes. LTE alone would have lost 4,310.',
    );
  });

  it('names the best link when even that lost more than the tunnel', () => {
    const { sentences } = headlineOf(overview('carrying', both), losses(1, { DSL: 20, LTE: 4310 }));
    expect(sentences[1]).toBe('Even the best link alone, DSL, would have lost 20.');
  });

  it('boasts with nothing when no link lost more than the tunnel', () => {
    const { sentences } = headlineOf(overview('carrying', both), losses(2, { DSL: 2, LTE: 2 }));
    expect(sentences).toEqual(['2 lost in 15 minutes (<0.01\u00a0%).']);
  });

  it('speaks of no more time than it knows', () => {
    const { sentences } = headlineOf(overview('carrying', both), losses(0, {}, 236));
    expect(sentences).toEqual(['Nothing lost in 4 minutes.']);
  });

  it.each([
    [
      'a silent link',
      [path('DSL', 'up'), path('SAT', 'up'), path('LTE', 'suspect', 40)],
      'LTE has been silent for 40 s.',
    ],
    ['a link gone down', [...both, path('SAT', 'down', 70)], 'SAT is not connected.'],
    [
      'a single working link',
      [path('DSL', 'up'), path('LTE', 'down')],
      'Only DSL works: what it loses is lost.',
    ],
  ])('is not green with %s', (_what, paths, hint) => {
    expect(headlineOf(overview('carrying', paths), losses(0, {}))).toMatchObject({ mood: 'warn', hint });
  });

  it('is not green while many packets were lost lately', () => {
    expect(headlineOf(overview('carrying', both), losses(100, {})).mood).toBe('good');
    expect(headlineOf(overview('carrying', both), losses(101, {})).mood).toBe('warn');
  });

  it('is green with links that are excluded or never delivered', () => {
    const paths = [...both, path('veth0', 'excluded'), { ...path('ifb0', 'down'), lastSeconds: null }];
    expect(headlineOf(overview('carrying', paths), losses(0, {})).mood).toBe('good');
  });

  it('does not call an idle tunnel good', () => {
    expect(headlineOf(overview('idle', both, 40), losses(null, {}))).toMatchObject({
      mood: 'quiet',
      sentences: ['Nothing to carry for 40 s.'],
    });
  });

  it.each([
    ['losing', 'bad', '3 packets lost in the last 10 s (1.0\u00a0%).'],
    [
      'waiting',
      'warn',
      "It has not sent anything yet. WireGuard's endpoint on this host should be 127.0.0.1:59401.",
    ],
    ['unanswered', 'bad', 'Packets leave for vpn.example:59402 by 2 links; nothing has ever come back.'],
    ['no-path', 'bad', undefined],
  ] as const)('explains %s', (state, mood, sentence) => {
    const headline = headlineOf(overview(state, both), losses(null, {}));
    expect([headline.mood, headline.sentences[0]]).toEqual([mood, sentence]);
  });
});

describe('withoutNews()', () => {
  const last = headlineOf(overview('carrying', both), losses(0, {}));

  it('praises nothing, and says what was so', () => {
    const { mood, title, sentences } = withoutNews(last, false);
    expect(`${mood}: ${title} ${sentences.join(' ')}`).toBe(
      'quiet: Not connected. Last known: Tunnel up. Nothing lost in 15 minutes.',
    );
  });

  it('tells a refusal from silence', () => {
    expect(withoutNews(last, true).title).toBe('Not signed in.');
  });
});
