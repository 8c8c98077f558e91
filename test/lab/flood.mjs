/**
 * A flood of strangers, a process of its own: datagrams of every shape that a server must not mind, each burst
 * from another address of a /16 that is all this host's. Sends with the project's own Linux sender.
 * Usage: node test/lab/flood.mjs DIST_FOLDER ADDRESS PORT PACKETS_PER_SECOND SECONDS
 * Prints one JSON line: { sent, addresses }.
 */
import { randomFillSync } from 'node:crypto';
import { resolve } from 'node:path';

const [folder, address, ...numbers] = process.argv.slice(2);
const [port, perSecond, seconds] = numbers.map(Number);
const built = (file) => import(resolve(folder, file));
const { AF_INET } = await built('linux/constants.js');
const { Destination } = await built('linux/destination.js');
const { Region } = await built('linux/memory.js');
const { Sender } = await built('linux/sender.js');
const { writeSockaddr } = await built('linux/socket-address.js');
const { UdpSocket } = await built('linux/udp-socket.js');
const { Batch, Counters, nowMs } = await built('net/index.js');

const BURST = 16;
const SLOT_BYTES = 1408;
/** 198.18.0.0/16, for tests of networks (RFC 2544); as the kernel reads it, in network byte order. */
const SOURCE_NETWORK = [198, 18];

const memory = new Region(BURST * SLOT_BYTES);
const batch = new Batch(memory.bytes, BURST, BURST);
const counters = Counters.forPaths(1);
const sender = new Sender(batch, memory.address, counters, () => {});
const socket = new UdpSocket(AF_INET, 'Cannot flood');
socket.bindTo({ address: '0.0.0.0', port: 0 }, 'Cannot flood');
const destination = new Destination(socket.fd, 0, counters.pathBlock(0));
destination.nameLength = writeSockaddr(destination.name, 0, { address, port }, AF_INET);
destination.infoWords = 3;
const source = new Uint8Array(destination.info.buffer, 4, 4);
const used = new Set();

/** Below `limit`, whole. */
const any = (limit) => Math.floor(Math.random() * limit);

/** Writes type and zeros over what is there already, random bytes; gives the length. */
function header(at, type, length) {
  memory.view.setUint32(at, type, true);
  return length;
}

const shapes = [
  () => any(SLOT_BYTES), // noise, an empty datagram too
  (at) => header(at, 1 + any(4), any(148)), // a type, but cut short or of a wrong length
  (at) => header(at, 1 + any(4) + 0x100 * (1 + any(200)), 148), // reserved bytes that are not zero
  (at) => header(at, 1, 148), // a forged initiation
  (at) => header(at, 2, 92), // answers and data for guessed indices, with any counter
  (at) => header(at, 3, 64),
  (at) => header(at, 4, 32 + 16 * any(80)),
];

function send(count) {
  batch.count = count;
  if (any(16) === 0) randomFillSync(memory.bytes);
  source.set([...SOURCE_NETWORK, any(256), any(256)]);
  used.add(destination.info[1]);
  for (let i = 0; i < count; i++) {
    const at = i * SLOT_BYTES;
    for (let word = 4; word < 16; word += 4) memory.view.setUint32(at + word, any(2 ** 32), true);
    batch.offset[i] = at;
    batch.length[i] = shapes[any(shapes.length)](at);
  }
  sender.prepare(0);
  sender.send(destination);
}

const pause = new Int32Array(new SharedArrayBuffer(4));
const start = nowMs();
const endMs = start + seconds * 1000;
let tried = 0;
while (nowMs() < endMs) {
  const due = Math.floor(((nowMs() - start) * perSecond) / 1000);
  while (tried < due && nowMs() < endMs) {
    const count = Math.min(BURST, due - tried);
    send(count);
    tried += count;
  }
  Atomics.wait(pause, 0, 0, 1);
}
console.log(JSON.stringify({ sent: counters.path(0, 'outPackets'), addresses: used.size }));
process.exit(0);
