/** Asks the running program for its overview, through the management server that its section names. */
import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { rootCertificates } from 'node:tls';
import { formatHostPort, type ManagerConfig } from '../../config/index.ts';
import { overview } from '../../contract/index.ts';
import type { RunningFacts } from '../facts.ts';

const TIMEOUT_MS = 3_000;

export async function askInstance(web: ManagerConfig | undefined): Promise<RunningFacts> {
  if (web === undefined) return { unasked: { why: 'off', detail: 'no webManager in its section' } };
  try {
    const { status, body } = await get(web);
    if (status !== 200) return { unasked: { why: 'refused', detail: `it answers ${status}` } };
    const parsed = overview.safeParse(JSON.parse(body));
    if (parsed.success) return { overview: parsed.data };
    return { unasked: { why: 'refused', detail: `${formatHostPort(web.listenAddr)} is another program's` } };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { unasked: { why: 'silent', detail: code ?? message } };
  }
}

function get(web: ManagerConfig): Promise<{ status: number; body: string }> {
  const { listenAddr, username, password, tls } = web;
  const options: RequestOptions = {
    host: reachable(listenAddr.host),
    port: listenAddr.port,
    path: '/api/v2/overview',
    timeout: TIMEOUT_MS,
    ...((username !== '' || password !== '') && { auth: `${username}:${password}` }),
  };
  return new Promise((resolve, reject) => {
    const asked =
      tls === undefined ? request(options) : requestTls({ ...options, ...trust(tls.certificateFile) });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    asked.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.end();
  });
}

/** It is this machine's own certificate, whatever name it is for. */
function trust(certificateFile: string) {
  return {
    ca: [readFileSync(certificateFile, 'latin1'), ...rootCertificates],
    checkServerIdentity: () => undefined,
  };
}

function reachable(host: string): string {
  if (host === '::') return '::1';
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}
