/**
 * One way through the client, three paths, 1,400 bytes: processor time per packet at 30,000 packets/s, and
 * unique packets/s flat out, the Linux engine against the portable one, alternating in one run.
 * Everything on loopback, no root needed. Usage: node bench/one-way.mjs [ROUNDS] [SECONDS]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { cpuNs, median, residentMiB, startNode } from './process.mjs';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 3);
const LENGTH_BYTES = 1400;
const PACED = 30_000;
const LISTEN = 47_401;
const SINKS = [47_411, 47_412, 47_413];
const ENGINES = ['linux', 'portable'];

const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = `${folder}/engarde.yml`;
const paths = SINKS.map((port) => `    - { name: p${port}, dstAddr: "127.0.0.1:${port}" }`).join('\n');
writeFileSync(
  file,
  `client:\n  listenAddr: 127.0.0.1:${LISTEN}\n  dstAddr: 127.0.0.1:${SINKS[0]}\n  paths:\n${paths}\n`,
);

async function measure(engine, perSecond) {
  const client = startNode('dist/bin/rengarde-client.js', [file], { RENGARDE_ENGINE: engine });
  for (const port of SINKS) await client.line(`path p${port} is open`);
  await load(PACED, 1); // warm: code compiled, buffers touched
  const sink = startNode('bench/sink.mjs', SINKS);
  await sink.line('ready');
  const before = cpuNs(client.pid);
  const { sent } = await load(perSecond, seconds);
  const cpu = cpuNs(client.pid) - before;
  const { unique, elapsedMs } = JSON.parse(await sink.line('unique'));
  const resident = residentMiB(client.pid);
  await client.stop();
  return {
    cpuUs: cpu / 1000 / unique,
    perSecond: (unique * 1000) / elapsedMs,
    lossPercent: 100 * (1 - unique / sent),
    resident,
  };
}

async function load(perSecond, forSeconds) {
  const generator = startNode('bench/load.mjs', [LISTEN, LENGTH_BYTES, perSecond, forSeconds]);
  return JSON.parse(await generator.line('sent'));
}

const results = { linux: { paced: [], flat: [] }, portable: { paced: [], flat: [] } };
for (let round = 1; round <= rounds; round++) {
  for (const engine of ENGINES) {
    results[engine].paced.push(await measure(engine, PACED));
    results[engine].flat.push(await measure(engine, 0));
  }
  process.stderr.write(`round ${round} of ${rounds}\n`);
}

const pick = (list, key) => median(list.map((one) => one[key]));
const spread = (list, key) => {
  const values = list.map((one) => one[key]);
  return `${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}`;
};
console.log(`client, 3 paths, ${LENGTH_BYTES} bytes, median (min–max) of ${rounds} rounds of ${seconds} s`);
for (const engine of ENGINES) {
  const { paced, flat } = results[engine];
  console.log(
    `${engine.padEnd(9)} ${PACED}/s: ${pick(paced, 'cpuUs').toFixed(2)} µs CPU per packet (${spread(paced, 'cpuUs')}), ` +
      `loss ${pick(paced, 'lossPercent').toFixed(2)} %, ${pick(paced, 'resident').toFixed(0)} MiB; ` +
      `flat out: ${Math.round(pick(flat, 'perSecond'))} unique packets/s (${spread(flat, 'perSecond')}), ` +
      `${pick(flat, 'resident').toFixed(0)} MiB`,
  );
}
const cpuRatio = pick(results.linux.paced, 'cpuUs') / pick(results.portable.paced, 'cpuUs');
const rateRatio = pick(results.linux.flat, 'perSecond') / pick(results.portable.flat, 'perSecond');
console.log(`CPU per packet, linux / portable: ${cpuRatio.toFixed(3)} (wanted: at most 0.2)`);
console.log(`unique packets/s flat out, linux / portable: ${rateRatio.toFixed(1)} (wanted: at least 8)`);
