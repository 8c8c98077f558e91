/**
 * Load generator of filter.mjs, a process of its own: WireGuard-shaped data packets with rising counters, each
 * sent from three sockets, like a client with three paths; what is due each millisecond goes out path by path.
 * Prints one JSON line: { sent } (packets, not copies).
 * Usage: node bench/copies.mjs PORT RECEIVER_INDEX LENGTH_BYTES PACKETS_PER_SECOND(0: flat out) SECONDS KIND
 * KIND: `segmented` (runs of datagrams in one message, as rengarde's own client sends) or `single`.
 */
import { built } from './dist.mjs';

const { Destination } = await built('linux/destination.js');
const { Region } = await built('linux/memory.js');
const { Sender } = await built('linux/sender.js');
const { openConnected } = await built('linux/udp-socket.js');
const { Batch, Counters, nowMs } = await built('net/index.js');

const BURST = 46; // what fits into one segmented send of 1,400 bytes each
const PATHS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const [port, receiverIndex, lengthBytes, perSecond, seconds] = process.argv.slice(2, 7).map(Number);
const isSegmented = process.argv[7] === 'segmented';

const memory = new Region(BURST * lengthBytes);
const batch = new Batch(memory.bytes, BURST, BURST);
const counters = Counters.forPaths(PATHS.length);
const sender = new Sender(batch, memory.address, counters, () => {});
const destinations = PATHS.map((source, path) => {
  const destination = { address: '127.0.0.1', port };
  const buffers = { receiveBytes: 1 << 16, sendBytes: 4 << 20 };
  const { fd } = openConnected({ destination, source, buffers, attempt: 'Cannot send load' });
  return new Destination(fd, path, counters.pathBlock(path));
});
if (!isSegmented) for (const destination of destinations) destination.largestSegment = 0;

for (let i = 0; i < BURST; i++) {
  const at = i * lengthBytes;
  batch.offset[i] = at;
  batch.length[i] = lengthBytes;
  for (let k = 16; k < lengthBytes; k++) memory.bytes[at + k] = Math.random() * 256;
  memory.view.setUint32(at, 4, true);
  memory.view.setUint32(at + 4, receiverIndex, true);
}

let counter = 0;
let turn = 0;
function send(count) {
  batch.count = count;
  for (let i = 0; i < count; i++) memory.view.setUint32(i * lengthBytes + 8, counter++, true);
  sender.prepare(0);
  turn++;
  for (let i = 0; i < PATHS.length; i++) sender.send(destinations[(turn + i) % PATHS.length]);
}

const pause = new Int32Array(new SharedArrayBuffer(4));
const startMs = nowMs();
const endMs = startMs + seconds * 1000;
while (nowMs() < endMs) {
  if (perSecond === 0) {
    send(BURST);
    continue;
  }
  const due = Math.floor(((nowMs() - startMs) * perSecond) / 1000);
  while (counter < due) send(Math.min(BURST, due - counter));
  Atomics.wait(pause, 0, 0, 1);
}
console.log(JSON.stringify({ sent: counter }));
process.exit(0);
