/**
 * A flood of requests, a process of its own: so many connections ask again as soon as they are answered, and some
 * event streams are opened and dropped.
 * Usage: node test/chaos/flood-manager.mjs URL MILLISECONDS. Prints how many requests were answered.
 */
import { Agent, get } from 'node:http';

const CONNECTIONS = 64;
const PATHS = [
  '',
  'api/v1/get-list',
  'api/v2/overview',
  'api/v2/sessions',
  'metrics',
  'api/v2/nothing',
  'api/v2/stream',
];
/** A stream never ends by itself. */
const STREAM_MS = 50;

const [url, milliseconds] = process.argv.slice(2);
const endMs = performance.now() + Number(milliseconds);
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
let answered = 0;

function ask(number) {
  if (performance.now() > endMs) return undefined;
  const path = PATHS[number % PATHS.length];
  return new Promise((resolve) => {
    const request = get(`${url}/${path}`, { agent, timeout: 1_000 }, (response) => {
      answered += 1;
      response.resume();
      response.once('close', resolve);
      if (response.headers['content-type']?.startsWith('text/event-stream'))
        setTimeout(() => request.destroy(), STREAM_MS);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => setTimeout(resolve, 20)); // refused or cut off: once more, not at once
  }).then(() => ask(number + 1));
}

await Promise.all(Array.from({ length: CONNECTIONS }, (_, number) => ask(number)));
console.log(`${answered} requests`);
process.exit(0);
