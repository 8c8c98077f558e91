/** Version 2, what was: seconds, events, outages; and the stream of what happens. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { eventList, history, historyQuery, outageList, pastQuery } from '../../contract/index.ts';
import type { Control, PastRecord } from '../control.ts';
import type { Feed } from '../live/feed.ts';
import type { StreamBindings } from '../live/streaming.ts';
import { json, PROBLEM } from '../route-parts.ts';
import { findSession } from './present.ts';
import { idInPath } from './shapes.ts';

const STREAM_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  // For nginx, which would collect the events otherwise.
  'X-Accel-Buffering': 'no',
};

/** Adds what `past` remembers to `app`. A session that is gone may still have a history. */
export function addPast(app: OpenAPIHono, control: Control, past: PastRecord): void {
  app.openapi(getHistory, async (context) => {
    const { id } = context.req.valid('param');
    const found = past.history(id, context.req.valid('query'), Math.floor(Date.now() / 1000));
    if (found.tracks.length === 0) await findSession(control, id);
    return context.json(found, 200);
  });
  app.openapi(getEvents, (context) => {
    return context.json({ events: past.events(context.req.valid('query')) }, 200);
  });
  app.openapi(getOutages, (context) => {
    return context.json({ outages: past.outages(context.req.valid('query')) }, 200);
  });
}

/** Adds the stream to `app`. On a client the session is its only one, whatever is asked for. */
export function addStream(app: OpenAPIHono, role: 'client' | 'server', control: Control, feed: Feed): void {
  app.openapi(getStream, async (context) => {
    const wish = role === 'server' ? context.req.valid('query').session : undefined;
    if (wish !== undefined) await findSession(control, wish);
    // An answer to HEAD is its head; a stream behind it would stay open for ever.
    if (context.req.method !== 'HEAD') (context.env as StreamBindings).stream = feed.open(wish);
    return context.body(null, 200, STREAM_HEADERS);
  });
}

const TAGS = ['past'];

const getHistory = createRoute({
  method: 'get',
  path: '/sessions/{id}/history',
  operationId: 'getHistory',
  tags: TAGS,
  summary: 'Cell by cell, what happened on the tunnel and on each link',
  request: { params: idInPath, query: historyQuery },
  responses: { 200: json(history, 'A track for the tunnel and for each link.'), default: PROBLEM },
});

const getEvents = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'getEvents',
  tags: TAGS,
  summary: 'What happened: links that came and went, exclusions, reloads',
  request: { query: pastQuery },
  responses: { 200: json(eventList, 'Newest first.'), default: PROBLEM },
});

const getOutages = createRoute({
  method: 'get',
  path: '/outages',
  operationId: 'getOutages',
  tags: TAGS,
  summary: 'When a link or the tunnel did not deliver, and what was lost meanwhile',
  request: { query: pastQuery },
  responses: { 200: json(outageList, 'Newest first.'), default: PROBLEM },
});

const getStream = createRoute({
  method: 'get',
  path: '/stream',
  operationId: 'getStream',
  tags: ['live'],
  summary: 'What changes, as server-sent events',
  description: [
    '`overview`: at once, every second, and when a link’s state changes. `second`: a second of the client’s',
    'session, or of the one asked for. `session`: that session, like `overview`; `gone` when it ends, with the',
    'stream. `event` and `outage`: as they happen. The data of each is JSON, shaped as elsewhere here.',
  ].join('\n'),
  request: { query: z.object({ session: z.string().optional().describe('Of a server: which to follow.') }) },
  responses: {
    200: { description: 'Does not end by itself.', content: { 'text/event-stream': { schema: z.string() } } },
    default: PROBLEM,
  },
});
