/** Version 2, what is true now: the program, its links, its sessions. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import {
  instance,
  overview,
  type Path,
  path,
  type Session,
  session,
  sessionList,
  sessionQuery,
} from '../../contract/index.ts';
import type { Control } from '../control.ts';
import { Refusal } from '../refusal.ts';
import { json, PROBLEM } from '../route-parts.ts';
import { idInPath, nameInPath, pathList, quality, whatIf } from './shapes.ts';

/** Adds what `control` tells to `app`. */
export function addPresent(app: OpenAPIHono, control: Control): void {
  app.openapi(getInstance, async (context) => context.json((await control.overview()).instance, 200));
  app.openapi(getOverview, async (context) => context.json(await control.overview(), 200));
  app.openapi(getPaths, async (context) => context.json({ paths: await pathsOf(control) }, 200));
  app.openapi(getPath, async (context) => {
    const { name } = context.req.valid('param');
    const found = (await pathsOf(control)).find((candidate) => candidate.name === name);
    if (found === undefined) throw Refusal.ofAction('unknown-path', `Cannot find link "${name}"`);
    return context.json(found, 200);
  });
  app.openapi(getSessions, async (context) => {
    return context.json(await control.sessions(context.req.valid('query')), 200);
  });
  app.openapi(getSession, async (context) => {
    return context.json(await findSession(control, context.req.valid('param').id), 200);
  });
  app.openapi(getSessionPaths, async (context) => {
    const { paths } = await findSession(control, context.req.valid('param').id);
    return context.json({ paths }, 200);
  });
  app.openapi(getQuality, async (context) => {
    const { tunnel, paths } = await findSession(control, context.req.valid('param').id);
    const figures = paths.map(({ name, label, state, windows }) => ({
      name,
      ...(label !== undefined && { label }),
      state,
      windows,
    }));
    return context.json({ tunnel: tunnel.windows, paths: figures }, 200);
  });
  app.openapi(getWhatIf, async (context) => {
    const found = await findSession(control, context.req.valid('param').id);
    return context.json({ whatIf: found.whatIf }, 200);
  });
}

/** @throws Refusal when there is none of this id */
export async function findSession(control: Control, id: string): Promise<Session> {
  const found = await control.session(id);
  if (found === undefined) throw new Refusal(404, 'unknown-session', `Cannot find session "${id}"`);
  return found;
}

async function pathsOf(control: Control): Promise<Path[]> {
  const present = await control.overview();
  if (present.role === 'client') return present.session.paths;
  throw Refusal.ofAction('not-a-client', 'Cannot list links of a server: want /api/v2/sessions');
}

const TAGS = ['present'];

const getInstance = createRoute({
  method: 'get',
  path: '/instance',
  operationId: 'getInstance',
  tags: TAGS,
  summary: 'Which program this is',
  responses: { 200: json(instance, 'The program.'), default: PROBLEM },
});

const getOverview = createRoute({
  method: 'get',
  path: '/overview',
  operationId: 'getOverview',
  tags: TAGS,
  summary: 'Everything a page needs to begin with',
  responses: { 200: json(overview, 'By role.'), default: PROBLEM },
});

const getPaths = createRoute({
  method: 'get',
  path: '/paths',
  operationId: 'getPaths',
  tags: TAGS,
  summary: 'The links of a client',
  responses: { 200: json(pathList, 'All links; of a server: 404.'), default: PROBLEM },
});

const getPath = createRoute({
  method: 'get',
  path: '/paths/{name}',
  operationId: 'getPath',
  tags: TAGS,
  summary: 'One link of a client',
  request: { params: nameInPath },
  responses: { 200: json(path, 'The link.'), default: PROBLEM },
});

const getSessions = createRoute({
  method: 'get',
  path: '/sessions',
  operationId: 'getSessions',
  tags: TAGS,
  summary: 'Sessions, searched and sorted; a client has one',
  request: { query: sessionQuery },
  responses: { 200: json(sessionList, 'Those that match.'), default: PROBLEM },
});

const getSession = createRoute({
  method: 'get',
  path: '/sessions/{id}',
  operationId: 'getSession',
  tags: TAGS,
  summary: 'One session',
  request: { params: idInPath },
  responses: { 200: json(session, 'The session.'), default: PROBLEM },
});

const getSessionPaths = createRoute({
  method: 'get',
  path: '/sessions/{id}/paths',
  operationId: 'getSessionPaths',
  tags: TAGS,
  summary: 'The links of a session',
  request: { params: idInPath },
  responses: { 200: json(pathList, 'All links.'), default: PROBLEM },
});

const getQuality = createRoute({
  method: 'get',
  path: '/sessions/{id}/quality',
  operationId: 'getQuality',
  tags: TAGS,
  summary: 'Loss, lateness and counts over 10 s, 1 min, 15 min and since the start',
  request: { params: idInPath },
  responses: { 200: json(quality, 'Of the tunnel and of each link.'), default: PROBLEM },
});

const getWhatIf = createRoute({
  method: 'get',
  path: '/sessions/{id}/what-if',
  operationId: 'getWhatIf',
  tags: TAGS,
  summary: 'What the tunnel would have lost with fewer links',
  request: { params: idInPath },
  responses: { 200: json(whatIf, 'A row per choice of links.'), default: PROBLEM },
});
