/** What a foreign server answers `rengarde status`: events in pieces of any size, overviews, and how they are shown. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Asker } from '../../../src/asking/asker.ts';
import { CannotAsk } from '../../../src/asking/cannot-ask.ts';
import { eventsIn, type ServerEvent } from '../../../src/asking/events.ts';
import { viewOf } from '../../../src/status/view.ts';
import { FakeControl, makePath, makeSession } from '../../manager/fake-control.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const NOW_MS = Date.parse('2026-11-02T08:00:00.000Z');
const CANVAS = { columns: 80, rows: 24, hasColour: false, hasUnicode: false };
const asker = new Asker({ url: new URL('http://127.0.0.1:1/'), username: '', password: '' }, false);
const fake = new FakeControl('server');
fake.sessionsById.set('s1', makeSession('s1', [makePath('192.0.2.1:1', 'up')]));
const [client, server] = await Promise.all([new FakeControl('client').overview(), fake.overview()]);
const list = await fake.sessions({ offset: 0, limit: 5, sort: 'worst' });

export const target: Target = {
  what: 'answers and event streams of a server',
  async run(bytes) {
    const input = new Input(bytes);
    const pieceBytes = 1 + input.u8();
    const content = input.rest();
    const events = await eventsOf(content, pieceBytes);
    assert.deepEqual(events, await eventsOf(content, Math.max(1, content.length)));
    for (const { data } of events) show(data);
  },
  seeds: () =>
    [client, server].flatMap((overview) => {
      const data = JSON.stringify(overview);
      return [
        `\x07event: overview\ndata: ${data}\n\n: \n\n`,
        `\x40data: {}\ndata: x\n\nevent: a\ndata: ${data}\n\n`,
      ];
    }),
  words: ['\n\n', '\n', 'data: ', 'event: ', '\\u001b[2J', '\\u202e', '\r', '1e999', '-1', 'null'],
  maxBytes: 12_000,
};

async function eventsOf(content: Buffer, pieceBytes: number): Promise<ServerEvent[]> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) pieces.push(content.subarray(at, at + pieceBytes));
  const events: ServerEvent[] = [];
  for await (const event of eventsIn(Readable.from(pieces, { objectMode: false }) as IncomingMessage))
    events.push(event);
  return events;
}

function show(text: string): void {
  try {
    const overview = asker.overviewIn(text);
    for (const line of viewOf({ overview, list }, CANVAS, NOW_MS)) {
      assert(!/[\p{Cc}\u2028\u2029]/u.test(line), `commands the terminal: ${JSON.stringify(line)}`);
    }
  } catch (error) {
    if (!(error instanceof CannotAsk)) throw error;
  }
}
