/**
 * What the duplicate filter costs and saves: three identical copies of each packet to the server, with
 * `deduplicate` on and off in turn. Processor time of the server per unique packet, paced; and flat out, for
 * information. Everything on loopback, no root needed.
 * Usage: node bench/filter.mjs [--rounds 5] [--seconds 3] [--packets 25000] [--lengths 1400,100]
 *   [--kinds segmented,single]
 * --packets: different ones per second. --kinds: see copies.mjs.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { program } from './dist.mjs';
import { cpuNs, median, startNode } from './process.mjs';

const SERVER = 47_611;
const WIREGUARD = 47_612;
const INDEX = 0xf1020304;
const WARM_S = 1;
const FLAT_OUT_S = 2;
/** Seconds. The address that opened the session is forgotten before the measurement. */
const CLIENT_TIMEOUT_S = 1;
const WANTED_RATIO = 1;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    packets: { type: 'string', default: '25000' },
    lengths: { type: 'string', default: '1400,100' },
    kinds: { type: 'string', default: 'segmented,single' },
  },
});
const rounds = Number(options.rounds);
const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));
const files = { on: configuration(true), off: configuration(false) };
const cases = options.kinds
  .split(',')
  .flatMap((kind) => options.lengths.split(',').map((length) => ({ kind, length, on: [], off: [] })));

for (let round = 1; round <= rounds; round++) {
  for (const one of cases) {
    // Who begins changes, too.
    for (const filter of round % 2 === 1 ? ['on', 'off'] : ['off', 'on']) {
      one[filter].push(await measure(files[filter], one));
    }
  }
  process.stderr.write(`round ${round} of ${rounds}\n`);
}

console.log(
  `server, 3 identical copies in, ${options.packets} packets/s; median (min–max) of ${rounds} rounds of ` +
    `${options.seconds} s`,
);
for (const { kind, length, on, off } of cases) {
  const ratios = on.map(({ cpuUs }, i) => cpuUs / off[i].cpuUs);
  console.log(`${length} bytes, ${kind}:`);
  console.log(`  filter on   ${line(on)}`);
  console.log(`  filter off  ${line(off)}`);
  console.log(
    `  CPU on / off: ${median(ratios).toFixed(2)} (${range(ratios, 2)}) (wanted: at most ${WANTED_RATIO})`,
  );
}

function configuration(isOn) {
  const file = `${folder}/${isOn ? 'on' : 'off'}.yml`;
  writeFileSync(
    file,
    `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n` +
      `  deduplicate: ${isOn}\n  clientTimeout: ${CLIENT_TIMEOUT_S}\n`,
  );
  return file;
}

async function measure(file, { kind, length }) {
  const server = startNode(program('rengarde-server'), [file]);
  await server.line('serving');
  await openSession();
  await carry(server.pid, [length, options.packets, WARM_S, kind]); // warm: code compiled, buffers touched
  const paced = await carry(server.pid, [length, options.packets, options.seconds, kind]);
  const flat = await carry(server.pid, [length, 0, FLAT_OUT_S, kind]);
  await server.stop();
  return {
    cpuUs: paced.cpuUs,
    copies: paced.copies,
    lossPercent: paced.lossPercent,
    flatPerSecond: flat.perSecond,
    flatLossPercent: flat.lossPercent,
  };
}

/** Data of an unknown index, which WireGuard answers: a session. */
async function openSession() {
  const wireguard = createSocket('udp4').bind(WIREGUARD, '127.0.0.1');
  const client = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(wireguard, 'listening'), once(client, 'listening')]);
  const data = Buffer.alloc(32);
  data.writeUInt32LE(4, 0);
  data.writeUInt32LE(INDEX, 4);
  client.send(data, SERVER, '127.0.0.1');
  const [, { address, port }] = await once(wireguard, 'message');
  wireguard.send(data, port, address);
  await once(client, 'message');
  await Promise.all([wireguard, client].map((socket) => once(socket.close(), 'close')));
  await sleep(CLIENT_TIMEOUT_S * 1000 + 500);
}

async function carry(pid, [length, perSecond, seconds, kind]) {
  const sink = startNode('bench/sink.mjs', [WIREGUARD]);
  await sink.line('ready');
  const before = cpuNs(pid);
  const copies = startNode('bench/copies.mjs', [SERVER, INDEX, length, perSecond, seconds, kind]);
  const { sent } = JSON.parse(await copies.line('sent'));
  const cpu = cpuNs(pid) - before;
  const { unique, elapsedMs, perPort } = JSON.parse(await sink.line('unique'));
  return {
    cpuUs: cpu / 1000 / unique,
    copies: perPort[0] / unique,
    perSecond: (unique * 1000) / elapsedMs,
    lossPercent: 100 * (1 - unique / sent),
  };
}

function line(list) {
  const pick = (key) => list.map((one) => one[key]);
  return (
    `${median(pick('cpuUs')).toFixed(2)} µs CPU per packet (${range(pick('cpuUs'), 2)}), ` +
    `${median(pick('copies')).toFixed(2)} copies passed on, loss ${median(pick('lossPercent')).toFixed(2)} %; ` +
    `flat out: ${Math.round(median(pick('flatPerSecond')))} packets/s through, ` +
    `loss ${median(pick('flatLossPercent')).toFixed(0)} %`
  );
}

function range(values, digits) {
  return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}`;
}
