/**
 * The hundred clients of the soak, a process of its own in the client's namespace. Client 0 is the WireGuard behind
 * the real rengarde-client and carries half of the load; the others speak to the server themselves, each with a
 * socket on every link, and send every datagram from all of them. Tunnels open by real handshakes, a sealed packet a
 * second keeps them alive and rekeys them as WireGuard would; the rest are ready-made packets (bench/session-keys.mjs).
 * What a link that is down does not take is no loss: the copies on the others are.
 * Usage: node test/soak/clients.mjs JSON, of { server, serverPort, clientPort, links: [{ device, source }], sessions,
 *   lengthBytes, perSecond, seconds }
 * Prints "open", then every five seconds and at the end { sent, received, copies, worst, refused, handshakes, isOver }:
 * `worst` is what the session that lacks most lacks, `refused` what client 0's only socket did not take.
 */
import { built } from '../../bench/dist.mjs';
import { clientKeys, hostKeys, READY_MADE } from '../../bench/session-keys.mjs';

const { MSG_DONTWAIT } = await built('linux/constants.js');
const { send } = await built('linux/ffi.js');
const { Region } = await built('linux/memory.js');
const { Poller } = await built('linux/poller.js');
const { Receiver } = await built('linux/receiver.js');
const { openConnected } = await built('linux/udp-socket.js');
const { nowMs } = await built('net/index.js');
const { Endpoint, messageType, TRANSPORT_DATA } = await built('wireguard/index.js');
const { ReplayWindow } = await built('wireguard/replay-window.js');

const BUFFERS = { receiveBytes: 4 << 20, sendBytes: 1 << 20 };
/** Handshakes under way at the same time. */
const AT_ONCE = 16;
const OPEN_WITHIN_MS = 60_000;
const TICK_MS = 100;
const SEALED_EVERY_TICKS = 10;
const REPORT_MS = 5_000;
const DRAIN_MS = 1_500;
/** At the end, so that what the sockets dropped can be looked up before they are gone. */
const LINGER_MS = 3_000;
/** Held up by others, we don't make up for it with a flood no client would send. */
const MOST_OWED_MS = 10;

const { server, serverPort, clientPort, links, sessions, lengthBytes, perSecond, seconds } = JSON.parse(
  process.argv[2],
);

const poller = new Poller();
const receiver = new Receiver();
const { batch } = receiver;
const packet = new Region(2048);
const sealed = new Uint8Array(64);
/** By descriptor. */
const owners = [];
const clients = Array.from({ length: sessions }, (_, session) => openClient(session));
/** Sends that failed, of client 0: where nothing stands in for a copy. */
let refused = 0;
let ticks = 0;
let tickedMs = 0;

openTunnels();
console.log('open');
sendFor(seconds * 1000);
for (const endMs = nowMs() + DRAIN_MS; nowMs() < endMs; ) receiveFor(10);
report(true);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LINGER_MS);
process.exit(0);

function openClient(session) {
  const client = { fds: [], sent: 0, received: 0, copies: 0, theirIndex: 0, seen: new ReplayWindow() };
  const ways = session === 0 ? [{ address: '127.0.0.1', port: clientPort }] : links;
  client.fds = ways.map(({ address, port, device, source }) => {
    const destination = address === undefined ? { address: server, port: serverPort } : { address, port };
    const { fd } = openConnected({
      destination,
      device,
      source,
      buffers: BUFFERS,
      attempt: 'Cannot be a client',
    });
    poller.add(fd);
    owners[fd] = client;
    return fd;
  });
  client.endpoint = new Endpoint({
    privateKey: clientKeys(session).privateKey,
    peerPublicKey: hostKeys.publicKey,
    transmit: (datagram) => {
      if (datagram[0] === TRANSPORT_DATA) client.theirIndex = datagram.readUInt32LE(4);
      packet.bytes.set(datagram);
      sendCopies(client, datagram.length);
    },
    deliver: () => client.received++,
  });
  return client;
}

function sendCopies({ fds }, length) {
  for (const fd of fds) if (send(fd, packet.address, length, MSG_DONTWAIT) < 0 && fds.length === 1) refused++;
}

function openTunnels() {
  const deadlineMs = nowMs() + OPEN_WITHIN_MS;
  let next = 0;
  let opening = [];
  while (next < sessions || opening.length > 0) {
    while (next < sessions && opening.length < AT_ONCE) {
      opening.push(clients[next]);
      clients[next++].endpoint.connect();
    }
    receiveFor(10);
    tick(false);
    opening = opening.filter(({ endpoint }) => !endpoint.isUp);
    if (nowMs() > deadlineMs) throw new Error(`${opening.length} handshakes never ended`);
  }
}

/** Every second packet is client 0's, the others' turn comes in order. */
function sendFor(durationMs) {
  const endMs = nowMs() + durationMs;
  let lastMs = nowMs();
  let reportMs = lastMs + REPORT_MS;
  let owedMs = 0;
  let number = 0;
  for (let now = lastMs; now < endMs; now = nowMs()) {
    owedMs = Math.min(owedMs + now - lastMs, MOST_OWED_MS);
    lastMs = now;
    for (let owed = Math.floor((owedMs * perSecond) / 1000); owed > 0; owed--, number++) {
      owedMs -= 1000 / perSecond;
      sendReadyMade(clients[number % 2 === 0 || sessions === 1 ? 0 : 1 + ((number >>> 1) % (sessions - 1))]);
    }
    receiveFor(1);
    tick(true);
    if (now >= reportMs) {
      reportMs += REPORT_MS;
      report();
    }
  }
}

function sendReadyMade(client) {
  const { view } = packet;
  view.setUint32(0, TRANSPORT_DATA, true);
  view.setUint32(4, client.theirIndex, true);
  view.setUint32(8, client.sent++, true);
  view.setUint32(12, READY_MADE, true);
  sendCopies(client, lengthBytes);
}

function tick(isSending) {
  if (nowMs() - tickedMs < TICK_MS) return;
  tickedMs = nowMs();
  ticks++;
  clients.forEach((client, session) => {
    client.endpoint.tick();
    if (!isSending || (ticks + session) % SEALED_EVERY_TICKS !== 0) return;
    client.endpoint.send(sealed);
    client.sent++;
  });
}

function receiveFor(timeoutMs) {
  const ready = poller.wait(timeoutMs);
  for (let i = 0; i < ready; i++) {
    const fd = poller.readable(i);
    if (receiver.receive(fd, 0) <= 0) continue;
    for (let k = 0; k < batch.count; k++) take(owners[fd], batch.offset[k], batch.length[k]);
  }
}

function take(client, offset, length) {
  const { view, bytes } = batch;
  if (
    messageType(view, offset, length) !== TRANSPORT_DATA ||
    view.getUint32(offset + 12, true) !== READY_MADE
  ) {
    client.endpoint.receive(bytes.subarray(offset, offset + length));
  } else if (client.seen.accept(view.getUint32(offset + 8, true))) client.received++;
  else client.copies++;
}

function report(isOver = false) {
  const sum = (value) => clients.reduce((total, client) => total + value(client), 0);
  console.log(
    JSON.stringify({
      sent: sum(({ sent }) => sent),
      received: sum(({ received }) => received),
      copies: sum(({ copies }) => copies),
      worst: Math.max(...clients.map(({ sent, received }) => sent - received)),
      refused,
      handshakes: sum(({ endpoint }) => endpoint.counters.handshakes),
      isOver,
    }),
  );
}
