/** A request that is not done, and how that is said: JSON below /api, plain text elsewhere. */
import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ActionRefusal, Problem } from '../contract/index.ts';
import type { Log } from './control.ts';

const STATUS_OF_REFUSED_ACTION: Record<ActionRefusal, ContentfulStatusCode> = {
  'unknown-path': 404,
  'last-working-path': 409,
  'not-a-client': 404,
  'not-a-demo': 404,
  'cannot-keep': 409,
};

/** Problems that the framework finds by itself. */
const KNOWN: Partial<Record<number, Problem>> = {
  400: { code: 'bad-request', message: 'Cannot read the request: its body is not JSON' },
  401: { code: 'unauthorized', message: 'Cannot answer without username and password (HTTP Basic)' },
  413: { code: 'too-large', message: 'Cannot read the request: its body is longer than 16 KiB' },
  415: { code: 'unsupported-media-type', message: 'Cannot read the request: want application/json' },
};

/** Thrown anywhere below a route; becomes the answer. */
export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(
    status: ContentfulStatusCode,
    code: string,
    message: string,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  /** Of an action that control did not do. */
  static ofAction(code: ActionRefusal, message: string): Refusal {
    return new Refusal(STATUS_OF_REFUSED_ACTION[code], code, message);
  }
}

/** Its sender left before the end of its body. */
const ABORTED = new Refusal(400, 'bad-request', 'Cannot read the request: its connection was closed');

/** Whether a path is one of the API, where every answer is JSON. */
export function isApi(path: string): boolean {
  return path === '/api' || path.startsWith('/api/');
}

/** Turns what was thrown into an answer; what nobody foresaw goes into the log, and only there. */
export function answerError(log: Log): ErrorHandler {
  return (error, context) => {
    if (error instanceof Refusal) return answer(context, error);
    if (error instanceof HTTPException) {
      const problem = KNOWN[error.status] ?? { code: `http-${error.status}`, message: error.message };
      const challenge = error.res?.headers.get('WWW-Authenticate');
      const headers = challenge ? { 'WWW-Authenticate': challenge } : {};
      return answer(context, new Refusal(error.status, problem.code, problem.message, headers));
    }
    // Nobody is there to be answered, and nothing is wrong here: no line in the log.
    if ('code' in error && error.code === 'ECONNRESET') return answer(context, ABORTED);
    log('error', `Cannot answer ${context.req.method} ${context.req.path}: ${error.stack ?? error.message}`);
    return answer(context, new Refusal(500, 'internal', 'Cannot answer: the reason is in the log'));
  };
}

/** Answers a request for something that does not exist. */
export function answerNotFound(context: Context): Response {
  return answer(context, new Refusal(404, 'not-found', `Cannot find ${context.req.path}`));
}

/** Answers a request with a method that its resource does not have. */
export function answerWrongMethod(context: Context, methods: string[]): Response {
  const { method, path } = context.req;
  const allow = methods.join(', ');
  return answer(
    context,
    new Refusal(405, 'method-not-allowed', `Cannot ${method} ${path}: want ${allow}`, { Allow: allow }),
  );
}

function answer(context: Context, { status, code, message, headers }: Refusal): Response {
  if (isApi(context.req.path)) return context.json({ code, message } satisfies Problem, status, headers);
  return context.text(`${message}\n`, status, headers);
}
