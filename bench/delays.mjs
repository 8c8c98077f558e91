/**
 * WireGuard's place at the far end, a process of its own: how long each packet was under way, by the time that it
 * carries, and which have come. Ends by itself when nothing has come for a second after the first packet.
 * Prints "ready", a line per second { second, count, p50, p99 } in microseconds, then { unique }.
 * Usage: node bench/delays.mjs PORT
 */
import { Poller } from '../dist/linux/poller.js';
import { Receiver } from '../dist/linux/receiver.js';
import { PATH_BUFFERS, UdpSocket } from '../dist/linux/udp-socket.js';
import { UNKNOWN_PATH } from '../dist/net/index.js';
import { monotonicUs, SENT_AT } from './clock.mjs';

const IDLE_US = 1e6;
const MOST_PACKETS = 1 << 26;
const MOST_PER_SECOND = 1 << 20;

const poller = new Poller();
const receiver = new Receiver();
const socket = new UdpSocket(2, 'Cannot receive load');
socket.bindTo({ address: '127.0.0.1', port: Number(process.argv[2]) }, 'Cannot receive load');
socket.sizeBuffers(PATH_BUFFERS);
poller.add(socket.fd);
console.log('ready');

const seen = new Uint8Array(MOST_PACKETS >>> 3);
const delays = new Float64Array(MOST_PER_SECOND);
let unique = 0;
let count = 0;
let second = 0;
let lastUs = 0;
while (lastUs === 0 || monotonicUs() - lastUs < IDLE_US) {
  if (poller.wait(100) === 0 || receiver.receive(socket.fd, UNKNOWN_PATH) <= 0) continue;
  const { batch } = receiver;
  lastUs = monotonicUs();
  const now = Math.floor(lastUs / 1e6);
  if (now !== second) tell(now);
  for (let k = 0; k < batch.count; k++) {
    const counter = batch.view.getUint32(batch.offset[k] + 8, true);
    const bit = 1 << (counter & 7);
    if ((seen[counter >>> 3] & bit) !== 0) continue;
    seen[counter >>> 3] |= bit;
    unique++;
    if (count < MOST_PER_SECOND) {
      delays[count++] = lastUs - batch.view.getFloat64(batch.offset[k] + SENT_AT, true);
    }
  }
}
console.log(JSON.stringify({ unique }));
process.exit(0);

/** A second is over. */
function tell(next) {
  if (second !== 0 && count > 0) {
    const sorted = delays.subarray(0, count).sort();
    const at = (share) => Math.round(sorted[Math.min(count - 1, Math.floor(count * share))]);
    console.log(JSON.stringify({ second, count, p50: at(0.5), p99: at(0.99) }));
  }
  second = next;
  count = 0;
}
