/**
 * All clients of sessions.mjs, a process of its own: each an endpoint with three sockets, from each of which
 * it sends every datagram. Opens all tunnels by real handshakes, then sends in turn, one packet a client:
 * `sealed` by the endpoints, or `ready-made`, WireGuard-shaped with the index its handshake got.
 * Prints "open", "measuring" after the warm-up, "measured" with what went through meanwhile, and at last
 * one JSON line: { sent, received, copies, unsent, paths: copies per path, sessions: how many got all }.
 * Usage: node bench/sessions-clients.mjs PORT SESSIONS LENGTH_BYTES PACKETS_PER_SECOND WARM_S SECONDS KIND PACE LENGTHS
 * PACE: `even` (as each packet is due; keeps a core busy) or `bursts` (what is due each millisecond).
 * LENGTHS: `equal`, or `mixed`: of 16 lengths in a row each is longer than the one before, so that no two make a
 * run for segmentation offload.
 */
import { built } from './dist.mjs';
import { clientKeys, hostKeys, READY_MADE } from './session-keys.mjs';

const { MSG_DONTWAIT } = await built('linux/constants.js');
const { send } = await built('linux/ffi.js');
const { Region } = await built('linux/memory.js');
const { Poller } = await built('linux/poller.js');
const { Receiver } = await built('linux/receiver.js');
const { openConnected } = await built('linux/udp-socket.js');
const { nowMs } = await built('net/index.js');
const { Endpoint, messageType, TRANSPORT_DATA } = await built('wireguard/index.js');
const { TRANSPORT_MIN_BYTES } = await built('wireguard/messages.js');
const { ReplayWindow } = await built('wireguard/replay-window.js');

/** Each path has an address of its own, as links have. */
const PATHS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const BUFFERS = { receiveBytes: 4 << 20, sendBytes: 512 << 10 };
/** Handshakes under way at the same time. */
const AT_ONCE = 16;
const TICK_MS = 100;
const DRAIN_MS = 700;
const MOST_OWED_MS = 5;
const OPEN_WITHIN_MS = 60_000;

const [port, count, lengthBytes, perSecond, warmS, seconds] = process.argv.slice(2, 8).map(Number);
const [kind, pace, lengths] = process.argv.slice(8);
const isSealed = kind === 'sealed';

const poller = new Poller();
const receiver = new Receiver();
const { batch } = receiver;
const scratch = new Region(2048);
const pathCopies = PATHS.map(() => 0);
let unsent = 0;
const byFd = [];
const clients = Array.from({ length: count }, (_, session) => openClient(session));
let tickedMs = 0;
const packet = new Uint8Array(lengthBytes - TRANSPORT_MIN_BYTES);

openTunnels();
console.log('open');

let sent = 0;
let owedMs = 0;
let lastMs = nowMs();
const measureMs = lastMs + warmS * 1000;
const endMs = measureMs + seconds * 1000;
sendUntil(measureMs);
console.log('measuring');
const before = { sent, received: received() };
sendUntil(endMs);
console.log(
  `measured ${JSON.stringify({ sent: sent - before.sent, received: received() - before.received })}`,
);
const drainedMs = nowMs() + DRAIN_MS;
while (nowMs() < drainedMs) receiveFor(10);

const gotAll = (client) => client.received === client.sent && client.sent > 0;
console.log(
  JSON.stringify({
    sent,
    received: received(),
    copies: clients.reduce((total, client) => total + client.copies, 0),
    unsent,
    paths: pathCopies,
    sessions: clients.filter(gotAll).length,
  }),
);
process.exit(0);

function openClient(session) {
  const fds = PATHS.map((source, path) => {
    const destination = { address: '127.0.0.1', port };
    const { fd } = openConnected({ destination, source, buffers: BUFFERS, attempt: 'Cannot open a path' });
    poller.add(fd);
    byFd[fd] = { session, path };
    return fd;
  });
  const client = {
    fds,
    sent: 0,
    received: 0,
    copies: 0,
    theirIndex: 0,
    ownIndex: -1,
    seen: new ReplayWindow(),
    seenReadyMade: new ReplayWindow(),
    endpoint: new Endpoint({
      privateKey: clientKeys(session).privateKey,
      peerPublicKey: hostKeys.publicKey,
      transmit: (datagram) => {
        if (datagram[0] === TRANSPORT_DATA) client.theirIndex = datagram.readUInt32LE(4);
        transmit(fds, datagram);
      },
      deliver: () => client.received++,
    }),
  };
  return client;
}

function transmit(fds, datagram) {
  scratch.bytes.set(datagram);
  sendCopies(fds, datagram.length);
}

function sendCopies(fds, length) {
  for (const fd of fds) if (send(fd, scratch.address, length, MSG_DONTWAIT) < 0) unsent++;
}

function openTunnels() {
  const deadlineMs = nowMs() + OPEN_WITHIN_MS;
  let next = 0;
  let opening = [];
  while (next < count || opening.length > 0) {
    while (next < count && opening.length < AT_ONCE) {
      opening.push(clients[next]);
      clients[next++].endpoint.connect();
    }
    receiveFor(10);
    tick();
    opening = opening.filter(({ endpoint }) => !endpoint.isUp);
    if (nowMs() > deadlineMs) throw new Error(`${opening.length} handshakes never ended`);
  }
}

/** What is due goes out in turn: packet number `sent` belongs to client `sent` modulo their count. */
function sendUntil(untilMs) {
  if (!isSealed) {
    scratch.bytes.fill(0);
    scratch.view.setUint32(0, TRANSPORT_DATA, true);
    scratch.view.setUint32(12, READY_MADE, true);
  }
  for (let now = nowMs(); now < untilMs; now = nowMs()) {
    // Held up by others, we don't make up for it with a flood no client would send.
    owedMs = Math.min(owedMs + now - lastMs, MOST_OWED_MS);
    lastMs = now;
    for (let owed = Math.floor((owedMs * perSecond) / 1000); owed > 0; owed--) {
      owedMs -= 1000 / perSecond;
      const client = clients[sent % count];
      if (isSealed) {
        client.endpoint.send(packet.subarray(0, lengthOf(sent) - TRANSPORT_MIN_BYTES));
      } else {
        scratch.view.setUint32(4, client.theirIndex, true);
        scratch.view.setUint32(8, client.sent, true);
        sendCopies(client.fds, lengthOf(sent));
      }
      client.sent++;
      sent++;
    }
    receiveFor(pace === 'even' ? 0 : 1);
    if (isSealed) tick();
  }
}

function lengthOf(number) {
  return lengths === 'mixed' ? lengthBytes - 16 * (15 - (number & 15)) : lengthBytes;
}

function tick() {
  if (nowMs() - tickedMs < TICK_MS) return;
  tickedMs = nowMs();
  for (const { endpoint } of clients) endpoint.tick();
}

function receiveFor(timeoutMs) {
  const ready = poller.wait(timeoutMs);
  for (let i = 0; i < ready; i++) {
    const fd = poller.readable(i);
    const { session, path } = byFd[fd];
    if (receiver.receive(fd, path) <= 0) continue;
    pathCopies[path] += batch.count;
    for (let k = 0; k < batch.count; k++) take(clients[session], batch.offset[k], batch.length[k]);
  }
}

/** The first copy is the endpoint's, as it would be behind a rengarde client; the others are counted. */
function take(client, offset, length) {
  const type = messageType(batch.view, offset, length);
  if (type === TRANSPORT_DATA) {
    const counter = batch.view.getUint32(offset + 8, true);
    if (batch.view.getUint32(offset + 12, true) === READY_MADE) {
      if (client.seenReadyMade.accept(counter)) client.received++;
      else client.copies++;
      return;
    }
    const index = batch.view.getUint32(offset + 4, true);
    if (index !== client.ownIndex) client.seen = new ReplayWindow();
    client.ownIndex = index;
    if (!client.seen.accept(counter)) {
      client.copies++;
      return;
    }
  }
  client.endpoint.receive(batch.bytes.subarray(offset, offset + length));
}

function received() {
  return clients.reduce((total, client) => total + client.received, 0);
}
