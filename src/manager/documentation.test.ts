import { afterEach, describe, expect, test } from 'vitest';
import { listeningManager, type RunningManager } from '../../test/manager/running-manager.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly responses: Record<string, { readonly description: string; readonly content?: object }>;
}

interface Document {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object };
}

const ROUTES = [
  'GET /api/v1/get-list',
  'GET /api/v1/reset-exclusions',
  'GET /api/v2/events',
  'GET /api/v2/instance',
  'GET /api/v2/outages',
  'GET /api/v2/overview',
  'GET /api/v2/paths',
  'GET /api/v2/paths/{name}',
  'GET /api/v2/sessions',
  'GET /api/v2/sessions/{id}',
  'GET /api/v2/sessions/{id}/history',
  'GET /api/v2/sessions/{id}/paths',
  'GET /api/v2/sessions/{id}/quality',
  'GET /api/v2/sessions/{id}/what-if',
  'GET /api/v2/stream',
  'POST /api/v1/exclude',
  'POST /api/v1/include',
  'POST /api/v1/reset-exclusions',
  'POST /api/v1/swap-exclusion',
  'POST /api/v2/demo/links/{name}/cut',
  'POST /api/v2/demo/links/{name}/restore',
  'POST /api/v2/exclusions/keep',
  'POST /api/v2/exclusions/reset',
  'POST /api/v2/paths/{name}/exclude',
  'POST /api/v2/paths/{name}/include',
];

let running: RunningManager;

async function read(): Promise<Document> {
  const answer = await running.ask('/api/v2/openapi.json');
  expect(answer.headers['content-type']).toBe('application/json');
  return JSON.parse(answer.text);
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const nested = Object.values(value).flatMap(referencesIn);
  return '$ref' in value && typeof value.$ref === 'string' ? [value.$ref, ...nested] : nested;
}

describe('the documentation', () => {
  afterEach(() => running.manager.stop());

  test('names every route', async () => {
    running = await listeningManager();
    const { paths } = await read();
    const named = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(named.sort()).toEqual(ROUTES);
  });

  test.each(['client', 'server'] as const)('is a sound OpenAPI document, on a %s', async (role) => {
    running = await listeningManager({ role });
    const document = await read();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info).toMatchObject({ title: 'rengarde', version: '0.1.0' });
    for (const reference of referencesIn(document)) {
      expect(document.components.schemas).toHaveProperty([reference.replace('#/components/schemas/', '')]);
    }
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    );
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters = [], responses } of operations) {
      const declared = parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => `{${name}}`);
      expect(declared).toEqual(path.match(/\{.+?\}/g) ?? []);
      expect(Object.keys(responses)).toEqual(['200', 'default']);
      for (const { description, content } of Object.values(responses)) {
        expect(description).not.toBe('');
        expect(content).toBeDefined();
      }
    }
  });

  test('has the shapes of the contract', async () => {
    running = await listeningManager();
    const { components } = await read();
    const names = ['Event', 'History', 'Outage', 'Path', 'Problem', 'Session', 'SessionList', 'WhatIfRow'];
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(names));
    expect(components.securitySchemes).toEqual({ basic: { type: 'http', scheme: 'basic' } });
  });

  test('is rendered by a page that loads nothing from elsewhere', async () => {
    running = await listeningManager();
    const page = await running.ask('/api/v2/docs');
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.text).not.toMatch(/https?:|\/\/[a-z]|<script>/);
    const script = await running.ask('/api/v2/docs.js');
    expect(script.headers['content-type']).toMatch(/^text\/javascript/);
    expect(script.text).toContain("url: 'openapi.json'");
    expect(script.text).toContain('validatorUrl: null');
  });
});
