/**
 * WireGuard's place in a measurement, a process of its own: sends each packet back once, to where its batch
 * came from; a counter that is not above all before is taken for a copy. Ends by itself when nothing has
 * come for a second after the first packet. Prints "ready", then one JSON line: { echoed, copies }.
 * Usage: node bench/echo.mjs PORT
 */
import { built } from './dist.mjs';

const { Destination } = await built('linux/destination.js');
const { Poller } = await built('linux/poller.js');
const { Receiver } = await built('linux/receiver.js');
const { Sender } = await built('linux/sender.js');
const { PATH_BUFFERS, UdpSocket } = await built('linux/udp-socket.js');
const { Counters, DROP, nowMs, UNKNOWN_PATH } = await built('net/index.js');

const IDLE_MS = 1000;
/** Where a data packet has the low half of its counter, in bytes. */
const COUNTER_AT = 8;
const port = Number(process.argv[2]);
const poller = new Poller();
const receiver = new Receiver();
const { batch, memory, names } = receiver;
const sender = new Sender(batch, memory.address, Counters.forPaths(1), () => {});
const socket = new UdpSocket(2, 'Cannot echo');
socket.bindTo({ address: '127.0.0.1', port }, `Cannot echo on ${port}`);
socket.sizeBuffers(PATH_BUFFERS);
poller.add(socket.fd);
const destination = Destination.ofWireguard(socket.fd);
destination.nameLength = socket.sockaddrLength;
console.log('ready');

let echoed = 0;
let copies = 0;
let highest = -1;
let lastMs = 0;
while (lastMs === 0 || nowMs() - lastMs < IDLE_MS) {
  if (poller.wait(100) === 0) continue;
  if (receiver.receive(socket.fd, UNKNOWN_PATH) <= 0) continue;
  lastMs = nowMs();
  // One relay is all there is, so every message of a batch has the same sender.
  destination.name.bytes.set(names.bytes.subarray(0, destination.nameLength));
  for (let i = 0; i < batch.count; i++) {
    const counter = batch.view.getUint32(batch.offset[i] + COUNTER_AT, true);
    batch.to[i] = counter > highest ? 0 : DROP;
    highest = Math.max(highest, counter);
  }
  const fresh = sender.prepare(0);
  if (fresh > 0) sender.send(destination);
  echoed += fresh;
  copies += batch.count - fresh;
}
console.log(JSON.stringify({ echoed, copies }));
process.exit(0);
