import { describe, expect, test } from 'vitest';
import { DROP_REASONS } from '../contract/index.ts';
import { Counters, nowMs, P, R, RELAY_COLUMNS, S } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { Gauges } from './gauges.ts';
import { metricsView } from './metrics-view.ts';
import { ServerSessions } from './server-sessions.ts';
import { ServerView } from './server-view.ts';

const SILENT = { info() {}, warn() {}, debug() {} } as unknown as Log;
const address = (port: number) => ({ address: '192.0.2.7', port });

/** A server whose counters the test writes as the packet loop would. */
function startServer() {
  const counters = new Counters({ paths: 4, sessions: 2 });
  const gauges = new Gauges(counters);
  gauges.close();
  const sessions = new ServerSessions(SILENT);
  sessions.follow(gauges, () => {});
  const metrics = metricsView(
    { role: 'server', version: '1', listenPort: 59402 },
    { engine: 'linux', counters },
  );
  const view = new ServerView({
    instance: () => ({}) as never,
    sessions,
    gauges,
    listening: '0.0.0.0:59402',
    metrics,
  });
  let now = nowMs();
  const sample = () => {
    now += 1000;
    for (const session of gauges.sessions()) session.sample(now);
  };
  const learn = (path: number, session = 0) =>
    sessions.hear({ is: 'path-learned', path, session, slot: path, address: address(1000 + path) });
  return { counters, sessions, view, sample, learn };
}

describe('MetricsView.snapshot()', () => {
  test('tells every counter of the relay but its heartbeat', () => {
    const told = new Set<string>([
      ...DROP_REASONS,
      ...['wireguardInPackets', 'wireguardInBytes', 'wireguardOutPackets', 'wireguardOutBytes'],
      ...[
        'wireguardSendErrors',
        'lastWireguardInMs',
        'pathsExhausted',
        'sessions',
        'unconfirmedSessions',
        'ticks',
        'handedOver', // not lost, and nothing that anybody could do about
      ],
    ]);
    expect(RELAY_COLUMNS.filter((column) => !told.has(column))).toEqual([]);
    const { counters, view } = startServer();
    for (const reason of DROP_REASONS) counters.values[R[reason]] = R[reason];
    expect(view.metrics().dropped).toEqual(Object.fromEntries(DROP_REASONS.map((name) => [name, R[name]])));
  });

  test('keeps what addresses and sessions had counted when they are gone', () => {
    const { counters, sessions, view, sample, learn } = startServer();
    learn(0);
    learn(1);
    sessions.hear({ is: 'session-confirmed', session: 0 });
    counters.values[counters.pathBlock(0) + P.inBytes] = 700;
    counters.values[counters.pathBlock(0) + P.queueFull] = 7;
    counters.values[counters.pathBlock(1) + P.inBytes] = 300;
    counters.values[counters.latenessBlock(1) + 3] = 5;
    counters.values[counters.sessionBlock(0) + S.packets] = 9;
    sample();
    const before = view.metrics();
    expect(before).toMatchObject({
      addresses: { inBytes: 1000, unsent: { queueFull: 7 } },
      tunnel: { packets: 9 },
    });
    expect(before.addresses!.lateness.slice(0, 4)).toEqual([0, 0, 5, 0]);
    expect(before.latenessBoundsSeconds.slice(0, 3)).toEqual([64e-6, 128e-6, 256e-6]);
    expect(before.addresses!.lateness).toHaveLength(before.latenessBoundsSeconds.length + 1);
    expect(before.links).toBeUndefined();

    sessions.hear({ is: 'path-forgotten', path: 0, session: 0 });
    counters.clearPath(0);
    learn(0);
    counters.values[counters.pathBlock(0) + P.inBytes] = 1;
    sample();
    expect(view.metrics().addresses).toMatchObject({ inBytes: 1001, unsent: { queueFull: 7 } });

    sessions.hear({ is: 'path-forgotten', path: 0, session: 0 });
    sessions.hear({ is: 'path-forgotten', path: 1, session: 0 });
    sessions.hear({ is: 'session-closed', session: 0 });
    counters.clearSession(0);
    expect(view.metrics()).toMatchObject({
      addresses: { inBytes: 1001 },
      tunnel: { packets: 9 },
      sessions: { confirmed: 0, losing: 0 },
      paths: { up: 0, suspect: 0, down: 0 },
    });

    learn(2, 1);
    sessions.hear({ is: 'session-confirmed', session: 1 });
    counters.values[counters.sessionBlock(1) + S.packets] = 4;
    sample();
    expect(view.metrics()).toMatchObject({ tunnel: { packets: 13 }, sessions: { confirmed: 1 } });
  });

  test('never tells less than before', () => {
    const { counters, sessions, view, sample, learn } = startServer();
    learn(0);
    sessions.hear({ is: 'session-confirmed', session: 0 });
    counters.values[counters.sessionBlock(0) + S.lost] = 5;
    sample();
    expect(view.metrics().tunnel.lost).toBe(5);
    counters.values[counters.sessionBlock(0) + S.lost] = 4;
    sample();
    expect(view.metrics().tunnel.lost).toBe(5);
    counters.values[counters.sessionBlock(0) + S.lost] = 6;
    sample();
    expect(view.metrics().tunnel.lost).toBe(6);
  });

  test('counts no strangers', () => {
    const { counters, view, sample, learn } = startServer();
    learn(0);
    counters.values[counters.pathBlock(0) + P.inBytes] = 700;
    sample();
    expect(view.metrics()).toMatchObject({ addresses: { inBytes: 0 }, paths: { up: 0, suspect: 0 } });
  });
});
