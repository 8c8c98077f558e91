import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, expect, test, vi } from 'vitest';
import { beginningStreams, type StreamBindings } from './streaming.ts';
import { Viewer } from './viewer.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves what `handle` answers. @returns the port */
async function serve(handle: (bindings: StreamBindings) => Response | Promise<Response>): Promise<number> {
  const fetch = beginningStreams((_request, bindings) => handle(bindings));
  server = createAdaptorServer({
    fetch: (request, bindings) => fetch(request, bindings as StreamBindings),
    createServer,
  }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** All that is answered to a request of this HTTP version, until the connection ends. */
function answerTo(port: number, version: '1.0' | '1.1'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET / HTTP/${version}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

test('what is told before the answer begins comes first, in order, behind the head of the app', async () => {
  const viewer = new Viewer(undefined, () => {});
  const port = await serve((bindings) => {
    bindings.stream = viewer;
    for (const part of ['a', 'b']) viewer.send(Buffer.from(part));
    setTimeout(() => {
      viewer.send(Buffer.from('c'));
      viewer.end();
    }, 20);
    return new Response(null, { headers: { 'Content-Type': 'text/event-stream', 'X-Own': 'yes' } });
  });
  const [head, body] = (await answerTo(port, '1.0')).split('\r\n\r\n', 2);
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toMatch(/^content-type: text\/event-stream$/im);
  expect(head).toMatch(/^x-own: yes$/im);
  expect(body).toBe('retry: 1000\n\nabc');
});

test('a stream that ended before its answer began is answered with what it was told', async () => {
  const port = await serve((bindings) => {
    bindings.stream = new Viewer(undefined, () => {});
    bindings.stream.send(Buffer.from('last'));
    bindings.stream.end();
    return new Response(null);
  });
  expect(await answerTo(port, '1.1')).toContain('retry: 1000\n\nlast');
});

test('a stream ends with the request that opened it and failed', async () => {
  const onEnd = vi.fn();
  const port = await serve((bindings) => {
    bindings.stream = new Viewer(undefined, onEnd);
    return new Response('no', { status: 500 });
  });
  expect(await answerTo(port, '1.1')).toMatch(/^HTTP\/1\.1 500 .*no$/s);
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test('a stream ends whose reader has gone before the answer', async () => {
  const onEnd = vi.fn();
  const port = await serve(async (bindings) => {
    bindings.stream = new Viewer(undefined, onEnd);
    socket.destroy();
    await once(bindings.outgoing, 'close');
    return new Response(null);
  });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalledTimes(1));
});
