/** A manager that really listens, on a port of loopback, before a fake control; and a client that may say anything. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Past } from '../../src/history/index.ts';
import { Manager, type ManagerParts } from '../../src/manager/manager.ts';
import type { ManagerSettings } from '../../src/manager/protocol.ts';
import { FakeControl } from './fake-control.ts';

export const SETTINGS: ManagerSettings = {
  host: '127.0.0.1',
  port: 0,
  username: '',
  password: '',
  metricsToken: '',
  allowedHosts: [],
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RunningManager {
  readonly manager: Manager;
  readonly control: FakeControl;
  readonly past: Past;
  readonly logged: string[];
  /** Of the latest listening socket. */
  readonly url: () => string;
  /** The next time that it listens. */
  readonly listening: () => Promise<string>;
  readonly ask: (path: string, options?: AskOptions) => Promise<Answer>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

type Options = {
  readonly role?: 'client' | 'server';
  readonly settings?: Partial<ManagerSettings>;
} & Partial<Pick<ManagerParts, 'webRoot' | 'retryMs' | 'certificatePollMs'>>;

/** Started without waiting for it to listen, because it may not be able to. */
export function startManager({ role = 'client', settings, webRoot = '/nowhere', ...times }: Options = {}) {
  const control = new FakeControl(role);
  const past = new Past();
  const logged: string[] = [];
  let url = '';
  let waiting: ((url: string) => void)[] = [];
  const manager = new Manager({
    role,
    version: '0.1.0',
    settings: { ...SETTINGS, ...settings },
    control,
    past,
    webRoot,
    log: (level, message) => logged.push(`${level}: ${message}`),
    onListening: (_address, next) => {
      url = next;
      for (const resolve of waiting) resolve(next);
      waiting = [];
    },
    ...times,
  });
  const running: RunningManager = {
    manager,
    control,
    past,
    logged,
    url: () => url,
    listening: () => new Promise<string>((resolve) => waiting.push(resolve)),
    ask: (path, options) => ask(url, path, options),
  };
  return running;
}

/** Started and listening. */
export async function listeningManager(options: Options = {}): Promise<RunningManager> {
  const running = startManager(options);
  await running.listening();
  return running;
}

/** One request on a connection of its own; node:http, because fetch allows no foreign Host. */
export async function ask(url: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const response = await open(url, path, options);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** The same, before its body is read. */
export function open(url: string, path: string, options: AskOptions = {}): Promise<IncomingMessage> {
  const { protocol, hostname, port } = new URL(url);
  const request = protocol === 'https:' ? tlsRequest : httpRequest;
  const { promise, resolve, reject } = defer<IncomingMessage>();
  const sent = request(
    {
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      path,
      method: options.method ?? 'GET',
      headers: options.headers ?? {},
      agent: false,
      rejectUnauthorized: false,
    },
    resolve,
  );
  sent.on('error', reject);
  sent.end(options.body);
  return promise;
}

export function basic(username: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function defer<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
