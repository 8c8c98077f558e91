/**
 * Resident memory of client and server under a steady load both ways, over minutes: what it starts with,
 * its highest, its last, and how it grows. Three paths, everything on loopback, no root needed.
 * Usage: node bench/memory.mjs [--minutes 10] [--packets 20000] [--length 1400] [--interval 10] [--json FILE]
 * --packets: per second and direction. --interval: seconds between two samples.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { residentMiB, startNode } from './process.mjs';

const LISTEN = 47_501;
const SERVER = 47_502;
const WIREGUARD = 47_503;
const PATHS = ['a', 'b', 'c'];
const WANTED_MIB = 120;
/** Before that the code still gets compiled and the heaps find their size: not part of the slope. */
const SETTLED_AFTER_S = 60;

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    packets: { type: 'string', default: '20000' },
    length: { type: 'string', default: '1400' },
    interval: { type: 'string', default: '10' },
    json: { type: 'string' },
  },
});
const seconds = Number(options.minutes) * 60;
const root = fileURLToPath(new URL('..', import.meta.url));
// startNode() wants it from the root; RENGARDE_LAB_BIN names another build, as it does for the lab.
const bin = relative(root, resolve(process.env.RENGARDE_LAB_BIN ?? `${root}dist/bin`));

const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = `${folder}/engarde.yml`;
const paths = PATHS.map((name) => `    - { name: ${name}, dstAddr: "127.0.0.1:${SERVER}" }`).join('\n');
writeFileSync(
  file,
  `client:\n  listenAddr: 127.0.0.1:${LISTEN}\n  dstAddr: 127.0.0.1:${SERVER}\n  paths:\n${paths}\n` +
    `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n`,
);

const echo = startNode('bench/echo.mjs', [WIREGUARD]);
await echo.line('ready');
const server = startNode(`${bin}/rengarde-server.js`, [file]);
await server.line('serving');
const client = startNode(`${bin}/rengarde-client.js`, [file]);
for (const name of PATHS) await client.line(`path ${name} is open`);

const programs = { client: client.pid, server: server.pid };
const samples = [];
const startedAtMs = performance.now();
takeSample();
const load = startNode('bench/load.mjs', [LISTEN, options.length, options.packets, seconds]);
for (let due = Number(options.interval); due <= seconds; due += Number(options.interval)) {
  await sleep(startedAtMs + due * 1000 - performance.now());
  takeSample();
}
const { sent } = JSON.parse(await load.line('sent'));
const { echoed, copies } = JSON.parse(await echo.line('echoed'));
await client.stop();
await server.stop();

console.log(
  `3 paths, ${options.packets} packets/s of ${options.length} bytes each way, ${options.minutes} min, ` +
    `${samples.length} samples`,
);
const share = (100 * echoed) / sent;
console.log(
  `sent ${sent}, came through and went back ${echoed} (${share.toFixed(2)} %), late copies ${copies}`,
);
for (const name of Object.keys(programs)) {
  const values = samples.map((sample) => sample[name]);
  console.log(
    `${name}: start ${values[0].toFixed(1)} MiB, max ${Math.max(...values).toFixed(1)} ` +
      `(wanted: at most ${WANTED_MIB}), end ${values.at(-1).toFixed(1)}, slope ${slope(name)}`,
  );
}
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ options, sent, echoed, copies, samples }, null, 2)}\n`);
}

function takeSample() {
  const atS = Math.round((performance.now() - startedAtMs) / 1000);
  const sample = { atS, client: residentMiB(programs.client), server: residentMiB(programs.server) };
  samples.push(sample);
  process.stderr.write(
    `${atS} s: client ${sample.client.toFixed(1)} MiB, server ${sample.server.toFixed(1)} MiB\n`,
  );
}

/** Least squares over the samples after the first minute. */
function slope(name) {
  const settled = samples.filter(({ atS }) => atS >= SETTLED_AFTER_S);
  if (settled.length < 3) return `not known: needs more than ${SETTLED_AFTER_S} s`;
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanS = mean(settled.map(({ atS }) => atS));
  const meanMiB = mean(settled.map((sample) => sample[name]));
  const covariance = mean(settled.map((sample) => (sample.atS - meanS) * (sample[name] - meanMiB)));
  const variance = mean(settled.map(({ atS }) => (atS - meanS) ** 2));
  return `${((60 * covariance) / variance).toFixed(3)} MiB/min (wanted: flat)`;
}
