import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { AF_INET, AF_INET6, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET } from './constants.ts';
import { SystemCallError } from './errors.ts';
import { openConnected, PATH_BUFFERS, UdpSocket } from './udp-socket.ts';

const attempt = 'Cannot open path "x"';
const isRoot = process.getuid?.() === 0;
const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

describe('UdpSocket', () => {
  test.each([
    { domain: AF_INET, address: '127.0.0.1' },
    { domain: AF_INET6, address: '::1' },
  ])('is bound to $address with a port of its own', ({ domain, address }) => {
    const socket = keep(new UdpSocket(domain, attempt));
    socket.bindTo({ address, port: 0 }, attempt);
    expect(socket.localAddress()).toEqual({ address, port: expect.any(Number) });
    expect(socket.localAddress().port).toBeGreaterThan(0);
  });

  test('refuses a port that is taken, and leaves no descriptor behind', () => {
    const { address } = keep(new RawUdp());
    const before = descriptors();
    const error = failureOf(() => new UdpSocket(AF_INET, attempt).bindTo(address, attempt));
    expect(error).toMatchObject({ code: 'EADDRINUSE', call: 'bind' });
    expect(error.message).toBe('Cannot open path "x": bind answered EADDRINUSE');
    expect(descriptors()).toBe(before);
  });

  test('takes IPv4 on an IPv6 socket when asked to', () => {
    const socket = keep(new UdpSocket(AF_INET6, attempt));
    socket.acceptIPv4Too();
    socket.bindTo({ address: '::', port: 0 }, attempt);
    const from = keep(new RawUdp());
    from.connect({ address: '127.0.0.1', port: socket.localAddress().port });
    expect(from.send(Buffer.alloc(1))).toBe(1);
    expect(from.send(Buffer.alloc(1))).toBe(1); // the first was not refused
  });

  test('says what receive buffer it got, the system allowing', () => {
    const socket = keep(new UdpSocket(AF_INET, attempt));
    const got = socket.sizeBuffers(PATH_BUFFERS);
    expect(got).toBe(socket.getOption(SOL_SOCKET, SO_RCVBUF) / 2);
    if (!isRoot) return;
    expect(got).toBe(PATH_BUFFERS.receiveBytes);
    expect(socket.getOption(SOL_SOCKET, SO_SNDBUF) / 2).toBe(PATH_BUFFERS.sendBytes);
  });

  test('answers -errno for an option that does not exist', () => {
    expect(keep(new UdpSocket(AF_INET, attempt)).setOption(SOL_SOCKET, 9_999, 1)).toBe(-92); // ENOPROTOOPT
  });
});

describe('openConnected()', () => {
  test('leaves from the source address, by the device', () => {
    const far = keep(new RawUdp());
    const socket = keep(
      openConnected({
        destination: far.address,
        source: '127.0.0.5',
        device: 'lo',
        buffers: PATH_BUFFERS,
        attempt,
      }),
    );
    expect(socket.localAddress().address).toBe('127.0.0.5');
    far.connect(socket.localAddress());
  });

  test('hears its destination only', () => {
    const far = keep(new RawUdp());
    const socket = keep(openConnected({ destination: far.address, buffers: PATH_BUFFERS, attempt }));
    const stranger = keep(new RawUdp()).connect(socket.localAddress());
    stranger.send(Buffer.alloc(1));
    expect(stranger.send(Buffer.alloc(1))).toBe(-111); // ECONNREFUSED: for a stranger, nobody is there
    expect(far.connect(socket.localAddress()).send(Buffer.alloc(1))).toBe(1);
    expect(far.send(Buffer.alloc(1))).toBe(1);
  });

  test.each([
    {
      what: 'a device that does not exist',
      options: { device: 'rgt-none' },
      code: 'ENODEV',
      call: 'SO_BINDTODEVICE',
    },
    {
      what: 'a source that is not local',
      options: { source: '192.0.2.1' },
      code: 'EADDRNOTAVAIL',
      call: 'bind',
    },
  ])('says what is wrong with $what, and leaves no descriptor behind', ({ options, code, call }) => {
    const destination = { address: '127.0.0.1', port: 9 };
    const before = descriptors();
    const error = failureOf(() => openConnected({ destination, buffers: PATH_BUFFERS, attempt, ...options }));
    expect(error).toMatchObject({ code, call });
    expect(error.message).toContain(attempt);
    expect(error.message).toContain(Object.values(options)[0]);
    expect(descriptors()).toBe(before);
  });
});

function keep<T extends { close(): void }>(socket: T): T {
  open.push(socket);
  return socket;
}

function failureOf(action: () => unknown): SystemCallError {
  try {
    action();
  } catch (error) {
    if (error instanceof SystemCallError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
