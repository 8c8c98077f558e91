/** How a stream leaves the framework that opened it: the head of its answer is the app's, what follows the viewer's. */
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Viewer } from './viewer.ts';

/** A handler that opens a stream leaves it here, and answers with a head only. */
export interface StreamBindings extends HttpBindings {
  stream?: Viewer;
}

type Fetch = (request: Request, bindings: StreamBindings) => Response | Promise<Response>;

/** `fetch`, with the streams that it opened begun. */
export function beginningStreams(fetch: Fetch): (...args: Parameters<Fetch>) => Promise<Response> {
  return async (request, bindings) => {
    const answer = await fetch(request, bindings);
    const { stream, outgoing } = bindings;
    if (stream === undefined) return answer;
    if (!answer.ok) {
      stream.end();
      return answer;
    }
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
    stream.begin(outgoing);
    return RESPONSE_ALREADY_SENT;
  };
}
