/**
 * Receiver of a measurement, a process of its own: counts what arrives on each port and how many different
 * packets those were (by WireGuard counter). Accepts receive offload. Ends by itself when nothing has come
 * for a second after the first packet. Prints "ready", then one JSON line.
 * Usage: node bench/sink.mjs PORT…
 */
import { built } from './dist.mjs';

const { Poller } = await built('linux/poller.js');
const { Receiver } = await built('linux/receiver.js');
const { PATH_BUFFERS, UdpSocket } = await built('linux/udp-socket.js');
const { nowMs, UNKNOWN_PATH } = await built('net/index.js');

const IDLE_MS = 1000;
const MOST_PACKETS = 1 << 26;
const ports = process.argv.slice(2).map(Number);
const poller = new Poller();
const receiver = new Receiver();
const byFd = new Map();
for (const port of ports) {
  const socket = new UdpSocket(2, 'Cannot receive load');
  socket.bindTo({ address: '127.0.0.1', port }, `Cannot receive load on ${port}`);
  socket.offloadReceive();
  socket.sizeBuffers(PATH_BUFFERS);
  poller.add(socket.fd);
  byFd.set(socket.fd, 0);
}
console.log('ready');

const seen = new Uint8Array(MOST_PACKETS >>> 3);
let unique = 0;
let firstMs = 0;
let lastMs = 0;
while (lastMs === 0 || nowMs() - lastMs < IDLE_MS) {
  const ready = poller.wait(100);
  for (let i = 0; i < ready; i++) {
    const fd = poller.readable(i);
    if (receiver.receive(fd, UNKNOWN_PATH) <= 0) continue;
    const { batch } = receiver;
    lastMs = nowMs();
    firstMs ||= lastMs;
    byFd.set(fd, byFd.get(fd) + batch.count);
    for (let k = 0; k < batch.count; k++) {
      const counter = batch.view.getUint32(batch.offset[k] + 8, true);
      const bit = 1 << (counter & 7);
      if ((seen[counter >>> 3] & bit) !== 0) continue;
      seen[counter >>> 3] |= bit;
      unique++;
    }
  }
}
console.log(JSON.stringify({ unique, elapsedMs: lastMs - firstMs, perPort: [...byFd.values()] }));
process.exit(0);
