import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { eventsIn, type ServerEvent } from './events.ts';

describe('eventsIn()', () => {
  test('puts events together from pieces of any size', async () => {
    const text = 'event: one\ndata: {"ü":\ndata: 1}\n\n: nothing\n\ndata:two\n\nevent: cut off\n';
    for (const size of [1, 3, 1_000]) {
      const bytes = Buffer.from(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(await allIn(pieces)).toEqual([
        { name: 'one', data: '{"ü":\n1}' },
        { name: 'message', data: 'two' },
      ]);
    }
  });

  test('keeps no more than 16 Mi characters of an event without an end', async () => {
    const pieces = Array<Buffer>(40).fill(Buffer.alloc(1 << 20, 'a'));
    const given: Buffer[] = [];
    const endless = (function* () {
      for (const piece of pieces) {
        given.push(piece);
        yield piece;
      }
    })();
    await expect(allIn(endless)).rejects.toThrow('does not end');
    expect(given.length).toBeLessThan(20);
  });
});

async function allIn(pieces: Iterable<Buffer>): Promise<ServerEvent[]> {
  const response = Readable.from(pieces, { objectMode: false }) as IncomingMessage;
  const events: ServerEvent[] = [];
  for await (const event of eventsIn(response)) events.push(event);
  return events;
}
