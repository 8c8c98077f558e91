import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { titled } from '../../test/lab/requirements.ts';
import { bufferObstacle, RawUdp, waitReadable } from '../../test/sockets/raw-udp.ts';
import { ADDRESS_WORDS, readAddressWords, type SocketAddress, UNKNOWN_PATH } from '../net/index.ts';
import { IPPROTO_IP } from './constants.ts';
import { EAGAIN } from './errors.ts';
import { MESSAGES, Receiver } from './receiver.ts';
import { domainOf } from './socket-address.ts';
import { UdpSocket } from './udp-socket.ts';

let receiver: Receiver;
beforeEach(() => {
  receiver = new Receiver();
});
const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

describe('Receiver.receive()', () => {
  test('cuts a run into the datagrams that were sent, the last one shorter', () => {
    const { near, far } = pair();
    const bytes = random(20 * 1_400 + 77);
    near.sendRun(bytes, 1_400);
    const messages = receive(far);
    expect(messages).toBe(1);
    expect(lengths()).toEqual([...Array(20).fill(1_400), 77]);
    expect(Buffer.concat(datagrams()).equals(bytes)).toBe(true);
    expect([...receiver.batch.message.subarray(0, 21)]).toEqual(Array(21).fill(0));
  });

  test('cuts several runs and lone datagrams, each with its message', () => {
    const { near, far } = pair();
    const sent = [random(3_000), random(500), random(2_500), random(40)];
    near.sendRun(sent[0]!, 1_000);
    near.send(sent[1]!);
    near.sendRun(sent[2]!, 1_250);
    near.send(sent[3]!);
    expect(receive(far)).toBe(4);
    expect(lengths()).toEqual([1_000, 1_000, 1_000, 500, 1_250, 1_250, 40]);
    expect([...receiver.batch.message.subarray(0, 7)]).toEqual([0, 0, 0, 1, 2, 2, 3]);
    expect(Buffer.concat(datagrams()).equals(Buffer.concat(sent))).toBe(true);
  });

  test('takes datagrams of every length a datagram can have', () => {
    const { near, far } = pair();
    const sent = [0, 1, 65_507, 0, 65_506, 32].map(random);
    for (const datagram of sent) expect(near.send(datagram)).toBe(datagram.length);
    expect(receive(far)).toBe(6);
    expect(lengths()).toEqual([0, 1, 65_507, 0, 65_506, 32]);
    expect(Buffer.concat(datagrams()).equals(Buffer.concat(sent))).toBe(true);
  });

  const title = titled('takes the longest runs, one for each slot, without mixing them up', bufferObstacle);
  test.skipIf(bufferObstacle !== null)(title, () => {
    const { near, far } = pair();
    const sent = Array.from({ length: 40 }, () => random(64 * 1_000));
    for (const run of sent) near.sendRun(run, 1_000);
    expect(receive(far)).toBe(40);
    expect(receiver.batch.count).toBe(40 * 64);
    expect(Buffer.concat(datagrams()).equals(Buffer.concat(sent))).toBe(true);
  });

  const cached = 'takes no more of long runs than the cache holds, and of short datagrams all again';
  test.skipIf(bufferObstacle !== null)(titled(cached, bufferObstacle), () => {
    const { near, far } = pair();
    const sent = Array.from({ length: 30 }, () => random(64 * 1_000));
    near.sendRun(sent[0]!, 1_000);
    receive(far);
    for (const run of sent.slice(1)) near.sendRun(run, 1_000);
    const got = datagrams();
    while (got.length < 30 * 64) {
      expect(receive(far)).toBeLessThan(10); // 512 KiB
      got.push(...datagrams());
    }
    expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
    for (let i = 0; i < 40; i++) near.send(random(100));
    const first = receive(far);
    expect(first + receive(far)).toBe(40);
  });

  test(`takes ${MESSAGES} messages at once and the others next time`, () => {
    const { near, far } = pair();
    for (let i = 0; i < MESSAGES + 6; i++) near.send(Buffer.alloc(20 + i));
    expect(receive(far)).toBe(MESSAGES);
    expect(lengths()).toEqual(Array.from({ length: MESSAGES }, (_, i) => 20 + i));
    expect(receive(far)).toBe(6);
    expect(lengths()[0]).toBe(20 + MESSAGES);
  });

  test('says -EAGAIN, with an empty batch, when nothing waits', () => {
    const { near, far } = pair();
    near.send(Buffer.alloc(10));
    receive(far);
    expect(receiver.receive(far.fd, 0)).toBe(-EAGAIN);
    expect(receiver.batch.count).toBe(0);
  });

  test('notes the path of a connected socket, and the sender on one that anybody can send to', () => {
    const { near, far } = pair();
    near.send(Buffer.alloc(10));
    receive(far, 5);
    expect(receiver.batch.path[0]).toBe(5);
    near.send(Buffer.alloc(10));
    receive(far);
    expect(receiver.batch.path[0]).toBe(UNKNOWN_PATH);
    expect(readAddressWords(receiver.batch.source, 0)).toEqual(near.address);
  });

  test('tells senders of one batch apart', () => {
    const { near, far } = pair();
    const other = keep(new RawUdp({ address: '127.0.0.9', port: 0 })).connect(far.localAddress());
    near.send(Buffer.alloc(1));
    other.send(Buffer.alloc(2));
    expect(receive(far)).toBe(2);
    expect(readAddressWords(receiver.batch.source, 0)).toEqual(near.address);
    expect(readAddressWords(receiver.batch.source, ADDRESS_WORDS)).toEqual(other.address);
  });
});

describe('Receiver.local', () => {
  test.each([
    { socket: '0.0.0.0', from: '127.0.0.1', to: '127.0.0.1' },
    { socket: '0.0.0.0', from: '127.0.0.1', to: '127.0.0.77' },
    { socket: '::', from: '::1', to: '::1' },
    { socket: '::', from: '127.0.0.1', to: '127.0.0.1' },
    { socket: '::', from: '127.0.0.1', to: '127.0.0.77' },
  ])('says that a datagram to $to came there, on a socket at $socket', ({ socket, from, to }) => {
    const far = listening({ address: socket, port: 0 });
    const near = keep(new RawUdp({ address: from, port: 0 })).connect({
      address: to,
      port: far.localAddress().port,
    });
    near.sendRun(random(900), 300); // with the run's control data beside it
    receive(far);
    expect(lengths()).toEqual([300, 300, 300]);
    expect(localAddress(0)).toBe(to);
    expect(receiver.local.interfaceIndex[0]).toBe(1); // lo is the first of every namespace
    expect(readAddressWords(receiver.batch.source, 0)).toEqual(near.address);
  });

  test('is absent where nobody asked for it, also after a message that had it', () => {
    const far = listening({ address: '127.0.0.1', port: 0 });
    keep(new RawUdp()).connect(far.localAddress()).send(random(9));
    receive(far);
    expect(receiver.local.at[0]).toBeGreaterThan(0);
    const plain = keep(new RawUdp());
    keep(new RawUdp()).connect(plain.address).send(random(9));
    receive(plain.socket);
    expect(receiver.local.at[0]).toBe(0);
  });
});

function keep<T extends { close(): void }>(socket: T): T {
  open.push(socket);
  return socket;
}

function listening(address: SocketAddress): UdpSocket {
  const socket = keep(new UdpSocket(domainOf(address.address), 'Cannot open'));
  socket.acceptIPv4Too();
  socket.reportLocalAddress();
  socket.offloadReceive();
  socket.bindTo(address, 'Cannot bind');
  socket.sizeBuffers({ receiveBytes: 8 << 20, sendBytes: 1 << 20 });
  return socket;
}

function pair(): { near: RawUdp; far: UdpSocket } {
  const far = listening({ address: '127.0.0.1', port: 0 });
  return { near: keep(new RawUdp()).connect(far.localAddress()), far };
}

function receive(socket: UdpSocket, path = UNKNOWN_PATH): number {
  expect(waitReadable(socket.fd)).toBe(true);
  return receiver.receive(socket.fd, path);
}

function lengths(): number[] {
  return [...receiver.batch.length.subarray(0, receiver.batch.count)];
}

function datagrams(): Buffer[] {
  const { bytes, offset, length, count } = receiver.batch;
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(bytes.slice(offset[i], offset[i]! + length[i]!)),
  );
}

function localAddress(message: number): string {
  const { at, level, region } = receiver.local;
  const words = new Uint32Array(ADDRESS_WORDS);
  if (level[message] === IPPROTO_IP)
    words.set([0, 0, 0xffff0000, region.view.getUint32(at[message]! + 8, true)]);
  else for (let i = 0; i < 4; i++) words[i] = region.view.getUint32(at[message]! + i * 4, true);
  return readAddressWords(words, 0).address;
}

function random(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => (Math.random() * 256) | 0));
}
