/**
 * One end of the referee, a process of its own in a host's namespace: sends numbered packets through the tunnel to
 * the other end, and writes down every packet with its time: sent, refused by the kernel, received.
 * Knows nothing of rengarde. One JSON line (`Entries`) per 100 ms.
 * Usage: node --import tsx test/chaos/referee-end.ts PEER_ADDRESS PORT PACKETS_PER_SECOND
 * In: the line "stop" ends the sending; the end of the input ends the process.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { monotonicMs } from './monotonic.ts';

/** What happened since the last line: numbers of packets with the time in ms, in pairs one after the other. */
export interface Entries {
  readonly sent: number[];
  readonly refused: number[];
  readonly received: number[];
  /** How much too late this process came to send, at most. */
  readonly stallMs: number;
}

/** Bytes of payload, in turn: full packets, an answer, a call's voice; below what the tunnel's MTU leaves. */
const lengthsBytes = [1_200, 576, 1_340, 160, 1_200, 90];
const turnMs = 4;
const reportMs = 100;
/** Once a second so many of one length without a pause: what leaves by segmentation offload. */
const burstPackets = 16;
const burstLengthBytes = 1_200;
const burstEveryMs = 1_000;
/** After a stall no more than this is made up for at once; the rest is never sent, and so can't be lost. */
const mostBehindMs = 50;
/** A stall of this process must not cost packets; what doesn't fit nevertheless is in /proc/net/udp. */
const bufferBytes = 8 << 20;

const [peer, portText, rateText] = process.argv.slice(2);
const port = Number(portText);
const intervalMs = 1_000 / Number(rateText);

let entries = fresh();
let sequence = 0;
let nextMs = monotonicMs();
let nextBurstMs = nextMs + burstEveryMs;

const socket = createSocket({ type: 'udp4', lookup: (host, _options, found) => found(null, host, 4) });
socket.on('message', (packet) => {
  entries.received.push(packet.readUInt32LE(0), monotonicMs());
});
socket.on('error', () => {}); // of an earlier packet: the kernel says it again to the one it concerns
socket.bind(port, '0.0.0.0', () => {
  socket.setRecvBufferSize(bufferBytes);
  const sending = setInterval(turn, turnMs);
  setInterval(report, reportMs);
  createInterface({ input: process.stdin })
    .on('line', () => clearInterval(sending))
    .on('close', () => process.exit());
});

function turn(): void {
  const now = monotonicMs();
  entries = { ...entries, stallMs: Math.max(entries.stallMs, now - nextMs) };
  nextMs = Math.max(nextMs, now - mostBehindMs);
  for (; nextMs <= now; nextMs += intervalMs) send(lengthsBytes[sequence % lengthsBytes.length]!, now);
  if (now < nextBurstMs) return;
  nextBurstMs = now + burstEveryMs;
  for (let left = burstPackets; left > 0; left -= 1) send(burstLengthBytes, now);
}

function send(lengthBytes: number, atMs: number): void {
  const packet = Buffer.alloc(lengthBytes);
  const number = sequence++;
  packet.writeUInt32LE(number);
  entries.sent.push(number, atMs);
  socket.send(packet, port, peer!, (error) => {
    if (error !== null) entries.refused.push(number, atMs);
  });
}

function report(): void {
  console.log(JSON.stringify(entries));
  entries = fresh();
}

function fresh(): Entries {
  return { sent: [], refused: [], received: [], stallMs: 0 };
}
