/**
 * How long a server with many sessions takes to list them by its API, while they carry: real sessions of three paths
 * each, opened by handshakes, 3,000 packets/s each way among them. All on loopback, no root needed.
 * Usage: node bench/listing.mjs [--sessions 1000] [--requests 30]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { program } from './dist.mjs';
import { median, startNode } from './process.mjs';

const SERVER = 47_701;
const WIREGUARD = 47_702;
const MANAGER = 47_703;
const LENGTH_BYTES = 1408;
const PACKETS_PER_SECOND = 3_000;
const WARM_S = 2;
const SECONDS = 20;
const WANTED_MS = 100;

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '30' },
  },
});
const count = Number(options.sessions);
const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = `${folder}/engarde.yml`;
writeFileSync(
  file,
  `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n  maxSessions: ${2 * count}\n` +
    `  maxUnconfirmedSessions: ${count}\n  webManager: { listenAddr: "127.0.0.1:${MANAGER}" }\n`,
);

const host = startNode('bench/sessions-host.mjs', [WIREGUARD, count, LENGTH_BYTES]);
await host.line('ready');
const server = startNode(program('rengarde-server'), [file], { STATE_DIRECTORY: folder });
await server.line('web interface');
const load = [
  SERVER,
  count,
  LENGTH_BYTES,
  PACKETS_PER_SECOND,
  WARM_S,
  SECONDS,
  'ready-made',
  'bursts',
  'equal',
];
const clients = startNode('bench/sessions-clients.mjs', load);
await clients.line('measuring');

const page = `http://127.0.0.1:${MANAGER}`;
const url = `${page}/api/v2`;
// As a browser comes: it has the page before it asks for a list.
for (const address of [`${page}/`, `${url}/overview`]) await (await fetch(address)).text();
for (const [what, path] of [
  [`all ${count} sessions`, `/sessions?limit=${count}`],
  ['the worst 100', '/sessions?limit=100'],
  ['a search', '/sessions?search=127.0.0.3'],
  ['the overview', '/overview'],
]) {
  const times = [];
  let body = '';
  for (let i = 0; i < Number(options.requests); i++) {
    const startMs = performance.now();
    const answer = await fetch(url + path);
    body = await answer.text();
    times.push(performance.now() - startMs);
  }
  const { total } = JSON.parse(body);
  const found = total === undefined ? '' : `, ${total} found`;
  const wanted = path.includes(`limit=${count}`) ? ` (wanted: at most ${WANTED_MS})` : '';
  console.log(
    `${what}: ${median(times).toFixed(1)} ms, the first ${times[0].toFixed(1)}, at most ${Math.max(...times).toFixed(1)}${wanted}; ${(body.length / 1024).toFixed(0)} KiB${found}`,
  );
}
await clients.line('measured');
await clients.ended;
await host.ended;
await server.stop();
