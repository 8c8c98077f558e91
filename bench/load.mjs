/**
 * Load generator, a process of its own: WireGuard-shaped data packets with rising counters, to one address,
 * at a rate or as fast as the socket takes them. Sends with the project's own Linux sender. Packets carry the
 * time at which they were sent, in microseconds of the monotonic clock (clock.mjs), where there is room for it.
 * Usage: node bench/load.mjs PORT LENGTH_BYTES PACKETS_PER_SECOND(0: flat out) SECONDS
 * Prints one JSON line: { sent }.
 */
import { monotonicUs, SENT_AT } from './clock.mjs';
import { built } from './dist.mjs';

const { Destination } = await built('linux/destination.js');
const { Region } = await built('linux/memory.js');
const { Sender } = await built('linux/sender.js');
const { openConnected } = await built('linux/udp-socket.js');
const { Batch, Counters, nowMs } = await built('net/index.js');

const [port, lengthBytes, perSecond, seconds] = process.argv.slice(2).map(Number);
const BURST = 46; // what fits into one segmented send of 1,400 bytes each
/** Indices are random: half of them are as high, and no small integers to V8 if read unsigned. */
const RECEIVER_INDEX = 0xf1020304;

const memory = new Region(BURST * lengthBytes);
const batch = new Batch(memory.bytes, BURST, BURST);
const counters = Counters.forPaths(1);
const sender = new Sender(batch, memory.address, counters, () => {});
const attempt = 'Cannot send load';
const socket = openConnected({
  destination: { address: '127.0.0.1', port },
  buffers: { receiveBytes: 1 << 16, sendBytes: 4 << 20 },
  attempt,
});
const destination = new Destination(socket.fd, 0, counters.pathBlock(0));

for (let i = 0; i < BURST; i++) {
  batch.offset[i] = i * lengthBytes;
  batch.length[i] = lengthBytes;
  memory.view.setUint32(i * lengthBytes, 4, true);
  memory.view.setUint32(i * lengthBytes + 4, RECEIVER_INDEX, true);
}

let counter = 0;
const isStamped = lengthBytes >= SENT_AT + 8;
function send(count) {
  batch.count = count;
  const sentUs = monotonicUs();
  for (let i = 0; i < count; i++) {
    memory.view.setUint32(i * lengthBytes + 8, counter++, true);
    if (isStamped) memory.view.setFloat64(i * lengthBytes + SENT_AT, sentUs, true);
  }
  sender.prepare(0);
  sender.send(destination);
}

const pause = new Int32Array(new SharedArrayBuffer(4));
const start = nowMs();
const endMs = start + seconds * 1000;
while (nowMs() < endMs) {
  if (perSecond === 0) {
    send(BURST);
    continue;
  }
  const due = Math.floor(((nowMs() - start) * perSecond) / 1000);
  while (counter < due) send(Math.min(BURST, due - counter));
  Atomics.wait(pause, 0, 0, 1);
}
console.log(JSON.stringify({ sent: counter, accepted: counters.path(0, 'outPackets') }));
process.exit(0);
