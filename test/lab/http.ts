/** HTTP from inside a namespace, to a manager that listens on its loopback. */
import type { Namespace } from './namespace.ts';

export interface HttpAnswer {
  /** 0: nobody listens. */
  readonly status: number;
  readonly body: string;
}

const SCRIPT = `
  const [url, init] = JSON.parse(process.argv[1]);
  fetch(url, init).then(
    async (response) => console.log(JSON.stringify({ status: response.status, body: await response.text() })),
    (error) => console.log(JSON.stringify({ status: 0, body: String(error.cause ?? error) })),
  );`;

export async function request(
  namespace: Namespace,
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<HttpAnswer> {
  const output = await namespace.run(process.execPath, ['-e', SCRIPT, JSON.stringify([url, init])]);
  return JSON.parse(output) as HttpAnswer;
}

/** The JSON of an answer that must be 200. */
export async function getJson<T>(namespace: Namespace, url: string): Promise<T> {
  const { status, body } = await request(namespace, url);
  if (status !== 200) throw new Error(`GET ${url} answered ${status}: ${body}`);
  return JSON.parse(body) as T;
}

export function postJson(namespace: Namespace, url: string, body: object = {}): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/json' };
  return request(namespace, url, { method: 'POST', headers, body: JSON.stringify(body) });
}
