/**
 * The server's WireGuard in sessions.mjs, a process of its own: one socket, one private key and an endpoint per
 * client. Finds the endpoint as WireGuard does: by the receiver index, for an initiation by the static key that it
 * brings; answers where the last authentic packet came from. Sends every packet back once: a sealed one
 * through its endpoint, a ready-made one as such. Ends by itself when nothing has come for IDLE_MS, two seconds
 * unless told otherwise, after the first packet. Prints "ready", then one JSON line:
 * { received, echoed, copies, unsent, sessions: how many delivered }.
 * Usage: node bench/sessions-host.mjs PORT SESSIONS LENGTH_BYTES [IDLE_MS]
 */
import { built } from './dist.mjs';
import { Scatter } from './scatter.mjs';
import { clientKeys, hostKeys, READY_MADE } from './session-keys.mjs';

const { Poller } = await built('linux/poller.js');
const { Receiver } = await built('linux/receiver.js');
const { PATH_BUFFERS, UdpSocket } = await built('linux/udp-socket.js');
const { SOCKADDR_SPACE } = await built('linux/constants.js');
const { nowMs, UNKNOWN_PATH } = await built('net/index.js');
const { Endpoint, HANDSHAKE_INITIATION, HANDSHAKE_RESPONSE, messageType, receiverIndex, TRANSPORT_DATA } =
  await built('wireguard/index.js');
const { privateKeyObject, sharedSecret } = await built('wireguard/keys.js');
const { SymmetricState } = await built('wireguard/noise.js');
const { ReplayWindow } = await built('wireguard/replay-window.js');

const TICK_MS = 100;
const [port, count, lengthBytes, idleMs = 2000] = process.argv.slice(2).map(Number);

const poller = new Poller();
const receiver = new Receiver();
const { batch, names } = receiver;
const socket = new UdpSocket(2, 'Cannot be WireGuard');
socket.bindTo({ address: '127.0.0.1', port }, `Cannot be WireGuard on ${port}`);
socket.sizeBuffers(PATH_BUFFERS);
poller.add(socket.fd);
const out = new Scatter(socket.fd, socket.sockaddrLength, 256);

const privateKey = privateKeyObject(hostKeys.privateKey);
/** By session. `name` is the sockaddr to answer to, in `peerNames`. */
const peerNames = new Uint8Array(count * SOCKADDR_SPACE);
const peers = Array.from({ length: count }, (_, session) => openPeer(session));
const byStatic = new Map(
  peers.map((peer, session) => [Buffer.from(clientKeys(session).publicKey).toString('hex'), peer]),
);
const byIndex = new Map();
const readyMade = Buffer.alloc(lengthBytes);
readyMade.writeUInt32LE(TRANSPORT_DATA, 0);
readyMade.writeUInt32LE(READY_MADE, 12);
let lastMs = 0;
let tickedMs = 0;
console.log('ready');

while (lastMs === 0 || nowMs() - lastMs < idleMs) {
  if (poller.wait(TICK_MS) > 0 && receiver.receive(socket.fd, UNKNOWN_PATH) > 0) {
    lastMs = nowMs();
    for (let i = 0; i < batch.count; i++) take(i);
  }
  if (nowMs() - tickedMs >= TICK_MS) {
    tickedMs = nowMs();
    for (const peer of peers) peer.endpoint.tick();
  }
  out.flush();
}
const sum = (value) => peers.reduce((total, peer) => total + value(peer), 0);
const received = (peer) => peer.received + peer.endpoint.counters.received;
console.log(
  JSON.stringify({
    received: sum(received),
    echoed: sum((peer) => peer.echoed + peer.endpoint.counters.sent),
    copies: sum((peer) => peer.copies + peer.endpoint.counters.duplicates),
    unsent: out.unsent,
    sessions: peers.filter((peer) => received(peer) > 0).length,
  }),
);
process.exit(0);

function openPeer(session) {
  const peer = {
    at: session * SOCKADDR_SPACE,
    theirIndex: 0,
    seen: new ReplayWindow(),
    received: 0,
    copies: 0,
    echoed: 0,
    endpoint: new Endpoint({
      privateKey: hostKeys.privateKey,
      peerPublicKey: clientKeys(session).publicKey,
      transmit: (datagram) => {
        if (datagram[0] === HANDSHAKE_RESPONSE) {
          byIndex.set(datagram.readInt32LE(4), peer);
          peer.theirIndex = datagram.readUInt32LE(8);
        } else if (datagram[0] === HANDSHAKE_INITIATION) {
          byIndex.set(datagram.readInt32LE(4), peer);
        }
        out.add(datagram, peerNames, peer.at);
      },
      deliver: (packet) => peer.endpoint.send(packet),
    }),
  };
  return peer;
}

function take(i) {
  const offset = batch.offset[i];
  const length = batch.length[i];
  const type = messageType(batch.view, offset, length);
  const datagram = batch.bytes.subarray(offset, offset + length);
  if (type === 0) return;
  const peer =
    type === HANDSHAKE_INITIATION
      ? byStatic.get(staticKeyIn(datagram))
      : byIndex.get(receiverIndex(batch.view, offset, type));
  if (peer === undefined) return;
  const name = batch.message[i] * SOCKADDR_SPACE;
  if (type === TRANSPORT_DATA && batch.view.getUint32(offset + 12, true) === READY_MADE) {
    sendBack(peer, batch.view.getUint32(offset + 8, true), length);
    return;
  }
  const before = peerNames.slice(peer.at, peer.at + SOCKADDR_SPACE);
  peerNames.set(names.bytes.subarray(name, name + SOCKADDR_SPACE), peer.at);
  if (!peer.endpoint.receive(datagram)) peerNames.set(before, peer.at);
}

function sendBack(peer, counter, length) {
  if (!peer.seen.accept(counter)) {
    peer.copies++;
    return;
  }
  peer.received++;
  readyMade.writeUInt32LE(peer.theirIndex, 4);
  readyMade.writeUInt32LE(peer.echoed++, 8);
  out.add(readyMade.subarray(0, length), peerNames, peer.at);
}

/** Whose initiation it is (white paper, section 5.4.2): as hex; undefined when it is nobody's. */
function staticKeyIn(initiation) {
  const state = new SymmetricState();
  const ephemeral = initiation.subarray(8, 40);
  const secret = sharedSecret(privateKey, ephemeral);
  if (secret === null) return undefined;
  state.mixHash(hostKeys.publicKey);
  state.mixEphemeral(ephemeral);
  state.mixKey(secret);
  const key = state.open(initiation.subarray(40, 88));
  return key === null ? undefined : Buffer.from(key).toString('hex');
}
