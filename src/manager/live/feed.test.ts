import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makePath, makeSession } from '../../../test/manager/fake-control.ts';
import {
  listeningManager,
  open,
  type RunningManager,
  SETTINGS,
} from '../../../test/manager/running-manager.ts';
import { CELL_COLUMNS, type StreamEvents, TUNNEL_TRACK } from '../../contract/index.ts';
import { MAX_VIEWERS } from './feed.ts';

/** At once, but for a machine that has other things to do. */
const SOON = { timeout: 15_000 };

interface Told {
  readonly name: keyof StreamEvents;
  readonly data: Record<string, unknown>;
}

/** One open stream, read event by event. */
class Reader {
  readonly response: IncomingMessage;
  readonly #events: AsyncGenerator<Told>;

  constructor(response: IncomingMessage) {
    this.response = response;
    this.#events = eventsOf(response);
  }

  static async open(running: RunningManager, query = ''): Promise<Reader> {
    return new Reader(await open(running.url(), `/api/v2/stream${query}`));
  }

  /** The next event of this name; others are passed over. */
  async next(name: keyof StreamEvents): Promise<Told['data']> {
    for (;;) {
      const { done, value } = await this.#events.next();
      if (done) throw new Error(`the stream ended, without ${name}`);
      if (value.name === name) return value.data;
    }
  }

  /** Reads to the end. */
  async rest(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.#events) names.push(name);
    return names;
  }
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<Told> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^event: (.+)\ndata: (.+)$/.exec(block);
      if (match) yield { name: match[1] as Told['name'], data: JSON.parse(match[2] ?? '') };
    }
  }
}

let running: RunningManager;
let sockets: Socket[] = [];

async function start(role: 'client' | 'server' = 'client', password = ''): Promise<RunningManager> {
  running = await listeningManager({ role, settings: { password } });
  return running;
}

function tellSecond(session: string, at: number): void {
  const tracks = [{ id: 1, session, name: TUNNEL_TRACK }];
  const rows = new Float32Array(CELL_COLUMNS.length).fill(1);
  running.manager.tell({ is: 'frame', frame: { at, tracks, ids: Uint32Array.of(1), rows } });
}

/** A stream whose answer is read up to its status line and no further. */
async function rawStream(): Promise<{ socket: Socket; statusLine: string }> {
  const { hostname, port } = new URL(running.url());
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write(`GET /api/v2/stream HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  const chunk = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.pause();
  return { socket, statusLine: chunk.toString('latin1').split('\r\n', 1)[0] ?? '' };
}

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await running.manager.stop();
});

describe('the stream', () => {
  test('begins with the state, and is no answer to keep', async () => {
    await start();
    const reader = await Reader.open(running);
    expect(reader.response.statusCode).toBe(200);
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(await reader.next('overview')).toMatchObject({ role: 'client', session: { id: 'tunnel' } });
  });

  test('tells seconds, events and outages as they happen', async () => {
    await start();
    const reader = await Reader.open(running);
    await reader.next('overview');
    tellSecond('tunnel', 1_790_000_000);
    expect(await reader.next('second')).toEqual({
      at: 1_790_000_000,
      cells: { [TUNNEL_TRACK]: CELL_COLUMNS.map(() => 1) },
    });
    running.manager.tell({
      is: 'event',
      event: { at: '2026-11-01T08:00:00.000Z', kind: 'path-down', path: 'eth0', detail: 'no carrier' },
    });
    expect(await reader.next('event')).toMatchObject({ kind: 'path-down', detail: 'no carrier' });

    const outage = { id: 1, session: 'tunnel', from: '2026-11-01T08:00:00.000Z', to: null, seconds: 3 };
    vi.spyOn(running.past, 'addFrame').mockReturnValue([
      { ...outage, path: 'eth0', cause: 'silent', lost: 30, lostByTunnel: 0 },
    ]);
    tellSecond('tunnel', 1_790_000_001);
    expect(await reader.next('outage')).toMatchObject(outage);
  });

  test('tells everybody that an outage begins and ends, and who looks at its session that it lasts', async () => {
    await start('server');
    running.control.sessionsById.set('3', makeSession('3', [makePath('a', 'up')]));
    const [all, one] = [await Reader.open(running), await Reader.open(running, '?session=3')];
    await Promise.all([all.next('overview'), one.next('session')]);
    const outage = { id: 1, session: '3', from: '2026-11-01T08:00:00.000Z', path: 'a', lostByTunnel: 0 };
    const tell = (seconds: number, to: string | null) => {
      const told = { ...outage, cause: 'silent' as const, seconds, to, lost: seconds };
      vi.spyOn(running.past, 'addFrame').mockReturnValue([told]);
      tellSecond('3', 1_790_000_000 + seconds);
    };
    tell(1, null);
    tell(2, null);
    tell(3, '2026-11-01T08:00:03.000Z');
    const seconds = async (reader: Reader, count: number) => {
      const told = [];
      for (let i = 0; i < count; i++) told.push((await reader.next('outage')).seconds);
      return told;
    };
    expect(await seconds(all, 2)).toEqual([1, 3]);
    expect(await seconds(one, 3)).toEqual([1, 2, 3]);
  });

  test('tells the state every second, and at once when it changes', async () => {
    const { control, manager } = await start();
    const reader = await Reader.open(running);
    await reader.next('overview');
    const begunMs = performance.now();
    await reader.next('overview');
    expect(performance.now() - begunMs).toBeGreaterThan(500);

    control.description = 'changed';
    const changedMs = performance.now();
    manager.tell({ is: 'changed' });
    expect(await reader.next('overview')).toMatchObject({ instance: { description: 'changed' } });
    expect(performance.now() - changedMs).toBeLessThan(500);
  });

  test('tells the last of many changes soon, without asking for each', async () => {
    const { control, manager } = await start();
    const reader = await Reader.open(running);
    await reader.next('overview');
    // Behind the next of every second, which would hide what is asked in between.
    await reader.next('overview');
    const askedBefore = control.asked.overview;
    const begunMs = performance.now();
    for (let i = 1; i <= 60; i++) {
      control.description = `change ${i}`;
      manager.tell({ is: 'changed' });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const lastMs = performance.now();
    for (;;) {
      const { instance } = (await reader.next('overview')) as { instance: { description: string } };
      if (instance.description === 'change 60') break;
    }
    const toldMs = performance.now();
    // After a tenth of a second, not with the next second's.
    expect(toldMs - lastMs).toBeLessThan(700);
    expect(control.asked.overview - askedBefore).toBeLessThanOrEqual((toldMs - begunMs) / 100 + 2);
  });

  test('asks control once for all who look, and not at all when nobody does', async () => {
    const { control, manager } = await start();
    const readers = await Promise.all(Array.from({ length: 50 }, () => Reader.open(running)));
    await Promise.all(readers.map((reader) => reader.next('overview')));
    const askedBefore = control.asked.overview;
    expect(askedBefore).toBeLessThanOrEqual(3);
    await Promise.all(readers.map((reader) => reader.next('overview')));
    expect(control.asked.overview - askedBefore).toBeLessThanOrEqual(2);

    for (const { response } of readers) response.destroy();
    await vi.waitFor(() => expect(manager.viewers).toBe(0), SOON);
    const askedAfter = control.asked.overview;
    manager.tell({ is: 'changed' });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(control.asked.overview).toBe(askedAfter);
  });

  test('follows one session of a server, and ends with it', async () => {
    const { control, manager } = await start('server');
    control.sessionsById.set('s1', makeSession('s1', [makePath('203.0.113.9:41234', 'up')]));
    const reader = await Reader.open(running, '?session=s1');
    const other = await Reader.open(running);
    expect(await reader.next('session')).toMatchObject({ id: 's1' });
    tellSecond('s1', 1_790_000_000);
    expect(await reader.next('second')).toMatchObject({ at: 1_790_000_000 });
    control.sessionsById.delete('s1');
    manager.tell({ is: 'changed' });
    expect(await reader.next('gone')).toEqual({ session: 's1' });
    expect(await reader.rest()).toEqual([]);

    manager.tell({
      is: 'event',
      event: { at: '2026-11-01T08:00:00.000Z', kind: 'session-ended', detail: '' },
    });
    expect(await other.next('event')).toMatchObject({ kind: 'session-ended' });
    expect(manager.viewers).toBe(1);
    const answer = await running.ask('/api/v2/stream?session=s1');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, 'unknown-session']);
  });

  test('stays open while control is silent, and says so once', async () => {
    const { control, logged } = await start();
    const reader = await Reader.open(running);
    await reader.next('overview');
    control.fault = new Error('no answer');
    await vi.waitFor(() => expect(logged).toHaveLength(1), SOON);
    running.manager.tell({ is: 'changed' });
    running.manager.tell({ is: 'changed' });
    control.fault = undefined;
    expect(await reader.next('overview')).toMatchObject({ role: 'client' });
    expect(logged).toEqual(['warn: Cannot tell open pages what is new: Error: no answer']);
  });

  test('cuts off a reader that does not read, and no other', async () => {
    const { manager } = await start();
    const { socket } = await rawStream();
    const reader = await Reader.open(running);
    await vi.waitFor(() => expect(manager.viewers).toBe(2), SOON);
    const event = { at: '2026-11-01T08:00:00.000Z', kind: 'file-refused', detail: '' } as const;
    const long = { id: 1, ...event, detail: 'x'.repeat(100_000) };
    vi.spyOn(running.past, 'addEvent').mockReturnValue(long);
    for (let i = 0; i < 1000 && manager.viewers === 2; i++) {
      manager.tell({ is: 'event', event });
      expect(await reader.next('event')).toEqual(long);
    }
    expect(manager.viewers).toBe(1);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await reader.next('overview')).toMatchObject({ role: 'client' });
  });

  test('is not opened by HEAD, whose answer nobody reads', async () => {
    const { manager } = await start();
    const answer = await running.ask('/api/v2/stream', { method: 'HEAD' });
    expect([answer.status, manager.viewers]).toEqual([200, 0]);
  });

  test('ends when credentials change', async () => {
    const { manager } = await start();
    const reader = await Reader.open(running);
    await reader.next('overview');
    manager.tell({ is: 'settings', settings: { ...SETTINGS, password: 'new' } });
    await reader.rest();
    expect(manager.viewers).toBe(0);
    expect((await running.ask('/api/v2/stream')).status).toBe(401);
  });

  test(`is open ${MAX_VIEWERS} times at most`, async () => {
    const { manager } = await start();
    for (let i = 0; i < MAX_VIEWERS; i += 64) {
      const opened = await Promise.all(Array.from({ length: 64 }, rawStream));
      expect(new Set(opened.map(({ statusLine }) => statusLine))).toEqual(new Set(['HTTP/1.1 200 OK']));
    }
    expect(manager.viewers).toBe(MAX_VIEWERS);
    const answer = await running.ask('/api/v2/stream');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([503, 'too-many-streams']);
    expect((await running.ask('/api/v2/overview')).status).toBe(200);
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(manager.viewers).toBe(MAX_VIEWERS - 1), SOON);
    expect((await rawStream()).statusLine).toBe('HTTP/1.1 200 OK');
  });
});
