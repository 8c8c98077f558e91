/** Asks one management server, and says for people why it could not. HTTP Basic; its own certificate is trusted. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { checkServerIdentity, type PeerCertificate, rootCertificates } from 'node:tls';
import { type Overview, overview, problem, type SessionList, sessionList } from '../contract/index.ts';
import { plain } from '../terminal/index.ts';
import { CannotAsk } from './cannot-ask.ts';
import { eventsIn, type ServerEvent } from './events.ts';
import type { Place } from './place.ts';

/** The program answers within milliseconds; this is for the network between. */
const TIMEOUT_MS = 5_000;
/** More than any answer. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;

/** What happened, and a hint for whoever chose the place. */
type Reason = readonly [reason: string, hint?: string];

const NOT_TLS: Reason = ['it does not speak HTTPS', 'does it want http://?'];
const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: ['nobody listens there', 'does it run?'],
  ENOTFOUND: ['this name does not resolve'],
  EAI_AGAIN: ['this name cannot be resolved now'],
  ECONNRESET: ['the connection was closed', 'does it want https://?'],
  EHOSTUNREACH: ['no way there'],
  ENETUNREACH: ['no way there'],
  EPROTO: NOT_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
};
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO/;

/** One place, asked as often as wanted. */
export class Asker {
  readonly place: Place;
  readonly #agent: Agent;

  /** @param isInsecure take any certificate */
  constructor(place: Place, isInsecure: boolean) {
    this.place = place;
    this.#agent =
      place.url.protocol === 'http:'
        ? new Agent({ keepAlive: true })
        : new TlsAgent({ keepAlive: true, rejectUnauthorized: !isInsecure, ...trust(place.certificateFile) });
  }

  /** What is true now; `text` is it as it came. @throws {CannotAsk} */
  async overview(): Promise<{ readonly overview: Overview; readonly text: string }> {
    const text = await this.#text('api/v2/overview');
    return { overview: this.overviewIn(text), text };
  }

  /** An overview from its JSON. @throws {CannotAsk} when it is none, or another program's than was asked for */
  overviewIn(text: string): Overview {
    const { data } = overview.safeParse(jsonIn(text));
    if (data === undefined) throw this.#refusal('what it answers is no overview of a rengarde program');
    const { role } = this.place;
    if (role === undefined || data.role === role) return data;
    throw this.#refusal(`it is a rengarde-${data.role}, want a rengarde-${role}`);
  }

  /** The sessions, worst first. @throws {CannotAsk} */
  async sessions(limit: number): Promise<SessionList> {
    const text = await this.#text(`api/v2/sessions?sort=worst&limit=${limit}`);
    const { data } = sessionList.safeParse(jsonIn(text));
    if (data === undefined) throw this.#refusal('what it answers is no list of sessions');
    return data;
  }

  /** What the stream tells, without a time limit, until it ends or the signal ends it. @throws {CannotAsk} */
  async *stream(signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const response = await this.#open('api/v2/stream', signal);
    try {
      yield* eventsIn(response);
    } catch (error) {
      throw this.#failed(error, signal);
    }
    throw this.#silence(['the connection was closed']);
  }

  /** Closes connections that are kept for the next question. */
  close(): void {
    this.#agent.destroy();
  }

  async #text(path: string): Promise<string> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await this.#open(path, signal);
    try {
      return await textOf(response);
    } catch (error) {
      throw this.#failed(error, signal);
    }
  }

  /** The answer before its body is read; it is a 200. */
  async #open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { url, username, password } = this.place;
    const options = {
      agent: this.#agent,
      signal,
      headers: { accept: '*/*' },
      ...((username !== '' || password !== '') && { auth: `${username}:${password}` }),
    };
    const ask = url.protocol === 'http:' ? request : requestTls;
    const { promise, resolve, reject } = answer();
    ask(new URL(path, url), options, resolve).on('error', reject).end();
    try {
      const response = await promise;
      if (response.statusCode !== 200) throw await this.#refused(response);
      return response;
    } catch (error) {
      throw this.#failed(error, signal);
    }
  }

  async #refused(response: IncomingMessage): Promise<CannotAsk> {
    const { statusCode = 0 } = response;
    const text = await textOf(response);
    if (statusCode === 401) {
      const { username } = this.place;
      if (username === '') return this.#refusal('it wants a username and password', '--user NAME');
      return this.#refusal(`wrong password, or wrong username "${username}"`);
    }
    const { data } = problem.safeParse(jsonIn(text));
    if (data !== undefined) return this.#refusal(plain(data.message));
    return this.#refusal(`it answers ${statusCode}`, "is it a rengarde program's management server?");
  }

  #failed(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof CannotAsk) return error;
    if (signal.reason instanceof CannotAsk) return signal.reason;
    const timedOut =
      signal.aborted && signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    if (timedOut) return this.#silence([`no answer within ${TIMEOUT_MS / 1000} s`], error);
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (UNTRUSTED.test(code)) {
      return this.#refusal(`its certificate is not trusted (${message})`, '--insecure takes any', error);
    }
    return this.#silence(REASONS[code] ?? [code === '' ? message : `${code}: ${message}`], error);
  }

  #silence([reason, hint]: Reason, cause?: unknown): CannotAsk {
    return this.#cannot('silent', reason, hint, cause);
  }

  #refusal(reason: string, hint?: string, cause?: unknown): CannotAsk {
    return this.#cannot('refused', reason, hint, cause);
  }

  #cannot(why: CannotAsk['why'], reason: string, hint: string | undefined, cause: unknown): CannotAsk {
    const { role, url } = this.place;
    const who = role === undefined ? '' : `rengarde-${role} at `;
    const all = hint === undefined ? reason : `${reason}; ${hint}`;
    const message = `Cannot ask ${who}${url.href.replace(/\/$/, '')}: ${all}`;
    return new CannotAsk(message, { cause, why, reason });
  }
}

/** The certificate that engarde.yml names is right, whatever names are in it. */
function trust(certificateFile: string | undefined) {
  try {
    if (certificateFile === undefined) return {};
    const own = readFileSync(certificateFile);
    const { fingerprint256 } = new X509Certificate(own);
    return {
      ca: [own, ...rootCertificates],
      checkServerIdentity: (host: string, shown: PeerCertificate) =>
        shown.fingerprint256 === fingerprint256 ? undefined : checkServerIdentity(host, shown),
    };
  } catch {
    return {}; // only root may read it, perhaps: then it must be trusted otherwise, which the message says
  }
}

function answer() {
  let resolve!: (response: IncomingMessage) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<IncomingMessage>((onAnswer, onError) => {
    resolve = onAnswer;
    reject = onError;
  });
  return { promise, resolve, reject };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_ANSWER_CHARS) throw new Error('its answer does not end');
  }
  return text;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no shape matches it, so that the caller says what is wrong
  }
}
