/**
 * What many open pages cost the tunnel: 20,000 packets/s through client and server over three paths, while every
 * other stretch of time 200 event streams of the client's manager are open. Delay from WireGuard's place on the one
 * side to that on the other, packets lost, and the processor time of the client. All on loopback, no root needed.
 * On a shared machine two stretches alike differ by a third, for ten seconds and more at a time: so the stretches are
 * short and many, each is compared with its neighbour, and how far neighbours without streams differ is printed too.
 * Usage: node bench/watchers.mjs [--rounds 40] [--seconds 4] [--streams 200] [--packets 20000] [--length 1400]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { monotonicUs } from './clock.mjs';
import { program } from './dist.mjs';
import { cpuNs, droppedAt, median, residentMiB, startNode } from './process.mjs';

const LISTEN = 47_601;
const SERVER = 47_602;
const WIREGUARD = 47_603;
const MANAGER = 47_604;
const PATHS = ['a', 'b', 'c'];
/** Before each stretch: what the change itself costs is not its doing. */
const SETTLE_MS = 1_000;
/** What it takes to open and to close the streams, at most. */
const CHANGE_MS = 1_000;
const WANTED_RATIO = 1.1;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '4' },
    streams: { type: 'string', default: '200' },
    packets: { type: 'string', default: '20000' },
    length: { type: 'string', default: '1400' },
  },
});
const rounds = Number(options.rounds);
const stretchMs = Number(options.seconds) * 1000;
const root = fileURLToPath(new URL('..', import.meta.url));

const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = `${folder}/engarde.yml`;
const paths = PATHS.map((name) => `    - { name: ${name}, dstAddr: "127.0.0.1:${SERVER}" }`).join('\n');
writeFileSync(
  file,
  `client:\n  listenAddr: 127.0.0.1:${LISTEN}\n  dstAddr: 127.0.0.1:${SERVER}\n  paths:\n${paths}\n` +
    `  webManager: { listenAddr: "127.0.0.1:${MANAGER}" }\n` +
    `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n`,
);

const delays = startNode('bench/delays.mjs', [WIREGUARD]);
await delays.line('ready');
const server = startNode(program('rengarde-server'), [file], { STATE_DIRECTORY: folder });
await server.line('serving');
const client = startNode(program('rengarde-client'), [file], { STATE_DIRECTORY: folder });
for (const name of PATHS) await client.line(`path ${name} is open`);
await client.line('web interface');

const totalS = Math.ceil((rounds * 2 * (stretchMs + SETTLE_MS + CHANGE_MS)) / 1000) + 3;
const load = startNode('bench/load.mjs', [LISTEN, options.length, options.packets, totalS]);
await sleep(2_000);

const stretches = [];
for (let round = 0; round < rounds; round++) {
  // The order alternates, so that a machine that gets slower does not speak for one side.
  for (const isWatched of round % 2 === 0 ? [false, true] : [true, false]) {
    stretches.push(await stretch(round, isWatched));
  }
}
const { sent } = JSON.parse(await load.line('sent'));
const dropped = { client: droppedAt(LISTEN), server: droppedAt(SERVER), receiver: droppedAt(WIREGUARD) };
const { unique } = JSON.parse(await delays.line('unique'));
await client.stop();
await server.stop();
report();

async function stretch(round, isWatched) {
  const viewers = isWatched ? await openViewers() : undefined;
  await sleep(SETTLE_MS);
  const from = { us: monotonicUs(), ns: cpuNs(client.pid) };
  await sleep(stretchMs);
  const to = { us: monotonicUs(), ns: cpuNs(client.pid) };
  const events = await viewers?.close();
  const cpuShare = (to.ns - from.ns) / ((to.us - from.us) * 1000);
  const memory = residentMiB(client.pid);
  process.stderr.write(
    `round ${round + 1}, ${isWatched ? `${options.streams} streams` : 'no stream'}: client ${(100 * cpuShare).toFixed(1)} % of a core, ${memory.toFixed(0)} MiB${events === undefined ? '' : `, ${events} events`}\n`,
  );
  return {
    round,
    isWatched,
    fromS: Math.ceil(from.us / 1e6),
    toS: Math.floor(to.us / 1e6),
    cpuShare,
    events,
  };
}

async function openViewers() {
  const url = `http://127.0.0.1:${MANAGER}/api/v2/stream`;
  // Whoever looks does so on another machine: here he shall not take processor time from the packets.
  const args = ['--idle', '0', process.execPath, `${root}bench/viewers.mjs`, url, options.streams];
  const child = spawn('chrt', args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('open')) resolve();
    });
    void ended.then(resolve);
  });
  return {
    close: async () => {
      child.stdin.end();
      await ended;
      return JSON.parse(output.trim().split('\n').at(-1)).events;
    },
  };
}

/** The median over a stretch's seconds: one second in which something else ran says nothing. */
function percentile(which, { fromS, toS }) {
  const seconds = delays.lines.flatMap((line) => (line.startsWith('{"second"') ? JSON.parse(line) : []));
  return median(seconds.filter(({ second }) => second >= fromS && second < toS).map((one) => one[which]));
}

function report() {
  console.log(
    `${options.packets} packets/s of ${options.length} bytes, 3 paths, ${rounds} times ${options.seconds} s with and without ${options.streams} open streams`,
  );
  console.log(`sent ${sent}, arrived ${unique}, lost ${sent - unique} (wanted: 0)`);
  const { client: atClient, server: atServer, receiver } = dropped;
  console.log(
    `dropped for want of room: ${atClient} before the client, ${atServer} copies before the server, ${receiver} before the receiver`,
  );
  for (const which of ['p50', 'p99']) {
    const of = (isWatched) =>
      stretches.filter((one) => one.isWatched === isWatched).map((one) => percentile(which, one));
    const [without, watched] = [of(false), of(true)];
    const wanted = which === 'p99' ? ` (wanted: at most ${WANTED_RATIO})` : '';
    console.log(
      `delay ${which}: ${median(without).toFixed(0)} µs without, ${median(watched).toFixed(0)} µs with; ratio ${medianWithin(watched.map((delay, round) => delay / without[round]))}${wanted}; of neighbours without streams ${medianWithin(neighbours(without))}`,
    );
  }
  const share = (isWatched) =>
    median(stretches.filter((one) => one.isWatched === isWatched).map((one) => one.cpuShare));
  console.log(
    `client's processor time: ${(100 * share(false)).toFixed(1)} % of a core without, ${(100 * share(true)).toFixed(1)} % with`,
  );
}

/** Stretches of one kind beside each other, in the order of rounds: the second and third, the fourth and fifth. */
function neighbours(values) {
  return values.flatMap((value, i) => (i % 2 === 0 && i > 0 ? value / values[i - 1] : []));
}

/** The median, and between which of the values it lies with a probability of 95 % (by their order alone). */
function medianWithin(values) {
  if (values.length === 0) return 'unknown';
  const sorted = values.toSorted((a, b) => a - b);
  const reach = 0.98 * Math.sqrt(sorted.length);
  const low = sorted[Math.max(0, Math.floor(sorted.length / 2 - reach))];
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + reach) - 1)];
  return `${median(values).toFixed(2)} (95 %: ${low.toFixed(2)}–${high.toFixed(2)})`;
}
