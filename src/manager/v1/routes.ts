/** Version 1 of the API: what pages and scripts written for engarde 2.x ask for, answered as they expect. */
import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  type Action,
  v1ClientList,
  v1InterfaceRequest,
  v1ServerList,
  v1Status,
} from '../../contract/index.ts';
import type { Control } from '../control.ts';
import { Refusal } from '../refusal.ts';
import { anyBodyIsJson } from '../request-body.ts';
import { json, onInvalid, PROBLEM } from '../route-parts.ts';
import { clientList, serverList } from './list.ts';

type Done = 'ok' | 'already-included' | 'already-excluded';

/** Of a server it is the list only; the rest does not exist there. */
export function version1(role: 'client' | 'server', control: Control): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: onInvalid });
  if (role === 'server') {
    app.openapi(getServerList, async (context) => {
      const [overview, addresses] = await Promise.all([control.overview(), control.addresses()]);
      if (overview.role !== 'server') throw new Error('overview of a client, on a server');
      return context.json(serverList(overview, addresses), 200);
    });
    return app;
  }

  app.openapi(getClientList, async (context) => {
    const overview = await control.overview();
    if (overview.role !== 'client') throw new Error('overview of a server, on a client');
    return context.json(clientList(overview), 200);
  });
  app.openapi(change('include', ['ok', 'already-included']), async (context) => {
    return context.json({ status: await include(control, context.req.valid('json').interface) }, 200);
  });
  app.openapi(change('exclude', ['ok', 'already-excluded']), async (context) => {
    return context.json({ status: await exclude(control, context.req.valid('json').interface) }, 200);
  });
  app.openapi(change('swap-exclusion', ['ok']), async (context) => {
    await swap(control, context.req.valid('json').interface);
    return context.json({ status: 'ok' as const }, 200);
  });
  for (const method of ['post', 'get'] as const) {
    app.openapi(reset(method), async (context) => {
      await carryOut(control, { do: 'reset' });
      return context.json({ status: 'ok' as const }, 200);
    });
  }
  return app;
}

async function include(control: Control, path: string): Promise<Done> {
  return (await carryOut(control, { do: 'include', path, anyName: true })) ? 'ok' : 'already-included';
}

/** The original asked nobody before it let go of the last link; neither does its API. */
async function exclude(control: Control, path: string): Promise<Done> {
  return (await carryOut(control, { do: 'exclude', path, force: true, anyName: true }))
    ? 'ok'
    : 'already-excluded';
}

/** An interface that is not there now may be excluded all the same: whether it is, excluding it tells. */
async function swap(control: Control, path: string): Promise<void> {
  const overview = await control.overview();
  const paths = overview.role === 'client' ? overview.session.paths : [];
  const isExcluded = paths.some(({ name, state }) => name === path && state === 'excluded');
  if (isExcluded || (await exclude(control, path)) === 'already-excluded') await include(control, path);
}

/** @returns whether anything changed @throws Refusal */
async function carryOut(control: Control, action: Action): Promise<boolean> {
  const result = await control.act(action);
  if (result.status === 'refused') throw Refusal.ofAction(result.code, result.message);
  return result.changed;
}

const TAGS = ['version 1, as engarde 2.x'];

const getClientList = createRoute({
  method: 'get',
  path: '/get-list',
  operationId: 'v1GetList',
  tags: TAGS,
  summary: 'The interfaces of a client',
  responses: { 200: json(v1ClientList, 'All interfaces.'), default: PROBLEM },
});

const getServerList = createRoute({
  method: 'get',
  path: '/get-list',
  operationId: 'v1GetList',
  tags: TAGS,
  summary: 'The addresses that a server hears from',
  responses: { 200: json(v1ServerList, 'All addresses with traffic.'), default: PROBLEM },
});

function change<Name extends string>(name: Name, words: readonly Done[]) {
  return createRoute({
    method: 'post',
    path: `/${name}`,
    operationId: `v1-${name}`,
    tags: TAGS,
    summary: `${name} of one interface`,
    middleware: anyBodyIsJson,
    request: { body: { content: { 'application/json': { schema: v1InterfaceRequest } }, required: true } },
    responses: { 200: json(v1Status, `status is ${words.join(' or ')}.`), default: PROBLEM },
  });
}

function reset(method: 'get' | 'post') {
  return createRoute({
    method,
    path: '/reset-exclusions',
    operationId: `v1-reset-exclusions-${method}`,
    tags: TAGS,
    summary: 'Back to the exclusions of the file',
    description: 'By GET for old pages only, and only from a page of this host or a program.',
    responses: { 200: json(v1Status, 'Always ok.'), default: PROBLEM },
  });
}
