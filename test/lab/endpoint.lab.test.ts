/**
 * The in-process WireGuard endpoint against a real one, in both roles.
 *
 *     this process                              |  namespace
 *     10.119.9.2 in UdpEndpoint -- rgep 10.119.8.1 ==== uplink 10.119.8.2 -- wireguard-go 10.119.9.1
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  Endpoint,
  type EndpointTimers,
  generateKeyPair,
  messageType,
  TRANSPORT_DATA,
  UdpEndpoint,
} from '../../src/wireguard/index.ts';
import { echoReplySequence, echoReplyTo, echoRequest } from './icmp.ts';
import { Namespace, runCommand } from './namespace.ts';
import { labObstacle, titled } from './requirements.ts';
import { generateKeys, startWireguard, type Wireguard } from './wireguard.ts';

const ourUplink = '10.119.8.1';
const theirUplink = '10.119.8.2';
const ourAddress = '10.119.9.2';
const theirAddress = '10.119.9.1';
const theirPort = 51820;
const mtu = 1420;

describe.skipIf(labObstacle !== null)(titled('endpoint against wireguard-go', labObstacle), () => {
  let namespace: Namespace;
  const cleanUps: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    namespace = new Namespace('endpoint');
    const link = `rgep${process.pid}`;
    // Goes with the namespace, as its other end lies there.
    await runCommand('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'uplink', 'netns', namespace.name]);
    await runCommand('ip', ['addr', 'add', `${ourUplink}/30`, 'dev', link]);
    await runCommand('ip', ['link', 'set', link, 'up']);
    await namespace.ip(`addr add ${theirUplink}/30 dev uplink`, 'link set uplink up');
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
  afterAll(() => namespace?.remove());

  interface TunnelOptions {
    readonly isInitiator: boolean;
    readonly psk?: Uint8Array;
    readonly theirPsk?: Uint8Array;
    readonly timers?: Partial<EndpointTimers>;
  }

  /** Both ends, ready to talk; the one that answers doesn't know where the other is. */
  async function startTunnel(options: TunnelOptions) {
    const ours = generateKeyPair();
    const theirs = await generateKeys();
    const replies = new Set<number>();
    const endpoint: UdpEndpoint = new UdpEndpoint({
      privateKey: ours.privateKey,
      peerPublicKey: Buffer.from(theirs.publicKey, 'base64'),
      ...(options.psk && { presharedKey: options.psk }),
      ...(options.timers && { timers: options.timers }),
      listen: { address: ourUplink, port: 0 },
      ...(options.isInitiator && { peer: { address: theirUplink, port: theirPort } }),
      tickMs: 20,
      deliver: (packet) => {
        const sequence = echoReplySequence(packet);
        if (sequence !== null) replies.add(sequence);
        const reply = echoReplyTo(packet);
        if (reply !== null) endpoint.send(reply);
      },
    });
    cleanUps.push(() => endpoint.close());
    const { port } = await endpoint.start();
    const publicKey = Buffer.from(ours.publicKey).toString('base64');
    const startTheirs = async (): Promise<Wireguard> => {
      const started = await startWireguard({
        namespace,
        keys: theirs,
        listenPort: theirPort,
        addresses: [`${theirAddress}/24`],
        mtu,
        peer: {
          publicKey,
          allowedIps: [`${ourAddress}/32`],
          ...(!options.isInitiator && { endpoint: `${ourUplink}:${port}` }),
        },
      });
      cleanUps.push(() => started.stop());
      return started;
    };
    const wireguard = await startTheirs();
    const theirPsk = options.theirPsk ?? options.psk;
    if (theirPsk !== undefined) {
      const command = `cat | wg set ${wireguard.interfaceName} peer ${publicKey} preshared-key /dev/stdin`;
      await namespace.run('sh', ['-c', command], { input: Buffer.from(theirPsk).toString('base64') });
    }
    const theirPublicKey = Buffer.from(theirs.publicKey, 'base64');
    return { endpoint, wireguard, startTheirs, replies, theirPublicKey };
  }

  const request = (sequence: number, payloadBytes = 56) =>
    echoRequest({ from: ourAddress, to: theirAddress, sequence, payloadBytes });

  for (const psk of [undefined, generateKeyPair().privateKey]) {
    const withPsk = psk === undefined ? 'without a preshared key' : 'with a preshared key';

    test(`initiates ${withPsk}: packets of every padding pass both ways`, async () => {
      const { endpoint, replies } = await startTunnel({ isInitiator: true, ...(psk && { psk }) });
      for (let sequence = 1; sequence <= 100; sequence++) {
        endpoint.send(request(sequence, sequence));
        await sleep(2);
      }
      await until('100 replies', () => replies.size === 100);
      expect(endpoint.counters).toMatchObject({
        sent: 100,
        handshakes: 1,
        rejected: 0,
        duplicates: 0,
        stale: 0,
      });
    });

    test(`responds ${withPsk}: the kernel's pings are answered`, async () => {
      const { endpoint, wireguard } = await startTunnel({ isInitiator: false, ...(psk && { psk }) });
      // With a deadline ping waits for 50 answers, and sends more while one is late; without, for two round trips.
      const args = ['-c', '50', '-i', '0.01', '-w', '20', '-s', '1000', ourAddress];
      const report = await namespace.run('ping', args, { timeoutMs: 30_000 });
      const [, transmitted, answered] = /(\d+) packets transmitted, (\d+) received/.exec(report) ?? [];
      expect(Number(answered), report).toBe(50);
      expect(await wireguard.latestHandshake()).toBeGreaterThan(0);
      expect(endpoint.counters).toMatchObject({
        received: Number(transmitted),
        handshakes: 1,
        initiationsSent: 0,
        rejected: 0,
      });
      expect(endpoint.peer).toEqual({ address: theirUplink, port: theirPort });
    });
  }

  test('gets nowhere with different preshared keys', async () => {
    const psk = generateKeyPair().privateKey;
    const theirPsk = generateKeyPair().privateKey;
    const { endpoint, replies } = await startTunnel({ isInitiator: true, psk, theirPsk });
    endpoint.send(request(1));
    await until('a refused response', () => endpoint.counters.rejected > 0);
    await sleep(200);
    expect(endpoint.isUp).toBe(false);
    expect(replies.size).toBe(0);
  });

  test('rekeys in mid-traffic without losing a packet', async () => {
    const timers = { rekeyAfterMs: 500, rekeyTimeoutMs: 200, jitterMs: 0 };
    const { endpoint, replies } = await startTunnel({ isInitiator: true, timers });
    for (let sequence = 1; sequence <= 600; sequence++) {
      endpoint.send(request(sequence));
      await sleep(5);
    }
    await until('600 replies', () => replies.size === 600);
    expect(endpoint.counters.handshakes).toBeGreaterThanOrEqual(4);
    expect(endpoint.counters).toMatchObject({ sent: 600, received: 600, rejected: 0, stale: 0 });
  });

  test('takes a second session from a WireGuard that was restarted', async () => {
    const { endpoint, wireguard, startTheirs } = await startTunnel({ isInitiator: false });
    const ping = () => namespace.run('ping', ['-c', '5', '-i', '0.1', '-W', '8', ourAddress]);
    expect(await ping()).toContain(' 0% packet loss');
    await wireguard.stop();
    await startTheirs();
    expect(await ping()).toContain(' 0% packet loss');
    expect(endpoint.counters).toMatchObject({ handshakes: 2, initiationsSent: 0, rejected: 0 });
  });

  test('exchanges packets as long as the MTU, whose padding WireGuard cuts short', async () => {
    const { wireguard, theirPublicKey } = await startTunnel({ isInitiator: true });
    const sizes = new Map<number, number>();
    // An endpoint on a socket of our own, to see the datagrams themselves.
    const keys = generateKeyPair();
    const socket = createSocket('udp4');
    cleanUps.push(async () => socket.close());
    const replies = new Set<number | null>();
    const bare = new Endpoint({
      privateKey: keys.privateKey,
      peerPublicKey: theirPublicKey,
      transmit: (datagram) => socket.send(datagram, theirPort, theirUplink),
      deliver: (packet) => replies.add(echoReplySequence(packet)),
    });
    socket.on('message', (datagram) => {
      const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
      sizes.set(datagram.length, messageType(view, 0, datagram.length));
      bare.receive(datagram);
    });
    socket.bind(0, ourUplink);
    await once(socket, 'listening');
    const publicKey = Buffer.from(keys.publicKey).toString('base64');
    const peer = ['peer', publicKey, 'allowed-ips', `${ourAddress}/32`];
    await namespace.run('wg', ['set', wireguard.interfaceName, ...peer]);
    for (let lengthBytes = mtu - 20; lengthBytes <= mtu; lengthBytes++) {
      bare.send(request(lengthBytes, lengthBytes - 28));
    }
    await until('21 replies', () => replies.size === 21);
    expect(sizes.get(mtu + 32)).toBe(TRANSPORT_DATA);
    expect((mtu + 32) % 16).not.toBe(0);
    expect([...sizes.values()]).not.toContain(0);
  });

  test('comes up through a WireGuard under load, by its cookie', async () => {
    const timers = { rekeyTimeoutMs: 300, jitterMs: 0 };
    const { endpoint, replies, theirPublicKey } = await startTunnel({ isInitiator: true, timers });
    let initiation: Uint8Array = new Uint8Array(0);
    const stranger = new Endpoint({
      privateKey: generateKeyPair().privateKey,
      peerPublicKey: theirPublicKey,
      transmit: (datagram) => {
        initiation = datagram;
      },
      deliver: () => {},
    });
    stranger.connect();
    const socket = createSocket('udp4');
    cleanUps.push(async () => socket.close());
    // More than 128 waiting initiations put wireguard-go under load, and for a second after that. Not each burst
    // gets so many through.
    let handshakesBefore = 0;
    await until('a cookie', async () => {
      for (let copy = 0; copy < 2000; copy++) socket.send(initiation, theirPort, theirUplink);
      await sleep(100);
      handshakesBefore = endpoint.counters.handshakes;
      endpoint.connect();
      await sleep(200);
      return endpoint.counters.cookies > 0;
    });
    const { cookies } = endpoint.counters;
    await until('a session by cookie', () => endpoint.counters.handshakes > handshakesBefore);
    endpoint.send(request(1));
    await until('a reply', () => replies.size === 1);
    // Still under load, it would have answered an initiation without the cookie by another one.
    expect(endpoint.counters.cookies).toBe(cookies);
  });
});

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`No ${what} within 15 s`);
    await sleep(20);
  }
}
