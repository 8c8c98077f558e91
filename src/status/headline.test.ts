import { expect, test } from 'vitest';
import { FakeControl, makePath, makeSession } from '../../test/manager/fake-control.ts';
import type { ClientOverview, Overview, Path, ServerOverview, TunnelState } from '../contract/index.ts';
import { headlineOf } from './headline.ts';

const NOW_MS = Date.parse('2026-11-02T08:00:00Z');
const client = (await new FakeControl('client').overview()) as ClientOverview;
const server = (await new FakeControl('server').overview()) as ServerOverview;

function headline(overview: Overview, nowMs = NOW_MS): string {
  const { mood, title, sentences } = headlineOf(overview, nowMs);
  return `${mood}: ${[title, ...sentences].filter(Boolean).join(' ')}`;
}

/** A path that lost so many of the last 1,000 packets. */
function lossy(name: string, lost: number, more: Partial<Path> = {}): Path {
  const path = makePath(name, 'up', more);
  const figures = { ...path.windows['15m'], lost, lossShare: lost / 1000 };
  return { ...path, windows: { ...path.windows, '15m': figures } };
}

function tunnel(
  state: TunnelState,
  lost: number | null,
  paths: Path[],
  idleSeconds: number | null = 0,
): Overview {
  const session = makeSession('tunnel', paths);
  const figures = {
    ...session.tunnel.windows['15m'],
    lost: lost ?? 0,
    lossShare: lost === null ? null : lost / 1000,
  };
  const windows = { ...session.tunnel.windows, '10s': figures, '15m': figures };
  return { ...client, session: { ...session, tunnel: { ...session.tunnel, state, idleSeconds, windows } } };
}

test.each<[Overview, string]>([
  [
    tunnel('carrying', 0, [lossy('eth0', 3, { label: 'Fibre' }), lossy('wwan0', 70)]),
    'good: Tunnel up. Nothing lost in 15 minutes. Even the best link alone, Fibre, would have lost 3.',
  ],
  [
    tunnel('carrying', 1, [lossy('eth0', 1), lossy('wwan0', 70)]),
    'good: Tunnel up. 1 lost in 15 minutes (0.10 %). wwan0 alone would have lost 70.',
  ],
  [
    tunnel('carrying', 2, [lossy('eth0', 2), lossy('wwan0', 2)]),
    'warn: Tunnel up. 2 lost in 15 minutes (0.20 %).',
  ],
  [
    tunnel('carrying', 0, [lossy('eth0', 0), makePath('wlan0', 'excluded')]),
    'warn: Tunnel up. Nothing lost in 15 minutes. Only eth0 works: what it loses is lost.',
  ],
  [
    tunnel('carrying', 0, [
      lossy('eth0', 0),
      lossy('eth1', 0),
      lossy('wwan0', 0, { state: 'suspect', silentSeconds: 125 }),
      lossy('wlan0', 0, { state: 'down', lastSeconds: 9 }),
      lossy('usb0', 0, { state: 'down', lastSeconds: null }),
    ]),
    'warn: Tunnel up. Nothing lost in 15 minutes. wwan0 has been silent for 2 min. wlan0 is not connected.',
  ],
  [
    tunnel('losing', 30, [lossy('eth0', 90), lossy('wwan0', 400)]),
    'bad: Losing packets. 30 packets lost in the last 10 s (3.0 %). Even the best link alone, eth0, would have lost 90.',
  ],
  [tunnel('idle', null, [lossy('eth0', 0)], 400), 'quiet: Idle. Nothing to carry for 6 min.'],
  [
    tunnel('waiting', null, []),
    "warn: Waiting for WireGuard. It has not sent anything yet. WireGuard's endpoint on this host should be 127.0.0.1:59401.",
  ],
  [
    tunnel('unanswered', null, [lossy('eth0', 0), makePath('wwan0', 'down')]),
    'bad: The server does not answer. Packets leave for vpn.example:59402 by 1 link; nothing has ever come back. Does the server run, is its port open, and do the WireGuard keys on both sides belong together?',
  ],
  [
    tunnel('no-path', null, [makePath('eth0', 'down')]),
    'bad: No usable link. No link has an address and a socket. What each one lacks stands below it.',
  ],
])('headlineOf() a client: %#', (overview, wanted) => {
  expect(headline(overview)).toBe(wanted);
});

test.each<[Partial<ServerOverview>, string]>([
  [{ sessions: 0, turnedAway: 0 }, "quiet: No client; 0 strangers' packets turned away."],
  [
    { sessions: 1, paths: 3, losing: 0, turnedAway: 1 },
    "good: 1 client, 3 links, nothing lost in the last minute; 1 stranger's packet turned away.",
  ],
  [
    { sessions: 1200, paths: 3600, losing: 1 },
    "warn: 1,200 clients, 3,600 links, 1 client lost packets in the last minute; 7 strangers' packets turned away.",
  ],
  [
    { sessions: 2, paths: 6, losing: 2 },
    "bad: 2 clients, 6 links, 2 clients lost packets in the last minute; 7 strangers' packets turned away.",
  ],
])('headlineOf() a server: %#', (more, wanted) => {
  expect(headline({ ...server, ...more })).toBe(wanted);
});

test('headlineOf() speaks of no longer a time than the program runs', () => {
  const startedAt = new Date(NOW_MS - 40_000).toISOString();
  const young = tunnel('carrying', 0, [lossy('eth0', 0), lossy('eth1', 0)]);
  expect(headline({ ...young, instance: { ...young.instance, startedAt } } as Overview)).toContain(
    'lost in 40 s.',
  );
});
