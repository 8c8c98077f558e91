/**
 * Datagrams that are no WireGuard, sent to both ports of a running tunnel (drawn in lab.ts), a thousand of
 * the random ones: from a neighbour of the client's WireGuard, and from a stranger by way of path 0.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, type Lab, startLab, tunnel } from './lab.ts';
import { describePings, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';
import { transportData, UdpPeer } from './udp-peer.ts';

const engines: Engine[] = ['linux', 'portable'];

describe.skipIf(programObstacle !== null).each(engines)(
  titled('%s engine: datagrams that are no WireGuard', programObstacle),
  (engine) => {
    const maxDatagramSize = 2_000;
    let lab: Lab;
    let stranger: UdpPeer;
    let neighbour: UdpPeer;

    beforeAll(async () => {
      lab = await startLab({ paths: 2, engine, client: { maxDatagramSize }, server: { maxDatagramSize } });
      stranger = new UdpPeer(lab.topology.client, '10.77.0.1', 0);
      neighbour = new UdpPeer(lab.topology.client, '127.0.0.1', 0);
      await Promise.all([stranger.ready(), neighbour.ready()]);
    });
    afterAll(async () => {
      stranger?.stop();
      neighbour?.stop();
      await lab?.stop();
    });

    test('change nothing but counters, at either port', async () => {
      const programs = [lab.client.program!, lab.server.program!];
      const lines = () => programs.map(({ output }) => output.split('\n').length);
      const learned = () => lab.server.program!.output.match(/client sends from/g)?.length;
      const [before, learnedBefore] = [lines(), learned()];
      const pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4 });
      await sleep(200);
      for (const [index, datagram] of malformed(maxDatagramSize).entries()) {
        neighbour.send(datagram, 59401, '127.0.0.1');
        stranger.send(datagram, 59402, '10.99.0.1');
        if (index % 50 === 0) await sleep(5); // not more than the sockets hold
      }
      await sleep(1_500); // the fault log looks once a second
      const report = await pings.stop();
      expect(report.lost, describePings(report, lab.faults.events)).toEqual([]);
      expect(report.answered.length).toBeGreaterThan(200);
      // WireGuard's place was not taken, and a stranger got neither a path nor an answer.
      expect(neighbour.received).toEqual([]);
      expect(stranger.received).toEqual([]);
      expect(learned()).toBe(learnedBefore);
      const [client, server] = programs.map(({ output }) => output);
      expect(client).toMatch(/\d+ datagrams on the WireGuard side dropped: not WireGuard/);
      expect(client).toMatch(/\d+ datagrams from WireGuard dropped: longer than maxDatagramSize; raise it/);
      expect(server).toMatch(/\d+ datagrams from the network dropped: not WireGuard/);
      expect(server).toMatch(/\d+ datagrams from the network dropped: longer than maxDatagramSize; raise it/);
      // Summed up, not one by one.
      for (const [index, count] of lines().entries()) expect(count - before[index]!).toBeLessThan(10);
    });
  },
);

function malformed(maxDatagramBytes: number): Uint8Array[] {
  const typed = (type: number, lengthBytes: number) => {
    const datagram = Buffer.alloc(lengthBytes, 7);
    datagram.subarray(0, 4).set([type, 0, 0, 0].slice(0, lengthBytes));
    return datagram;
  };
  const truncated = [1, 2, 3, 4].flatMap((type) => {
    const whole = { 1: 148, 2: 92, 3: 64, 4: 32 }[type]!;
    return Array.from({ length: whole }, (_, lengthBytes) => typed(type, lengthBytes));
  });
  const tooLong = [1, 2, 3].map((type) => typed(type, 149));
  const reserved = [1, 2, 3].map((at) => {
    const datagram = transportData();
    datagram[at] = 1;
    return datagram;
  });
  const oversized = [maxDatagramBytes + 1, 9_217, 65_507].map((lengthBytes) => typed(4, lengthBytes));
  const random = Array.from({ length: 1_000 }, (_, i) => {
    const datagram = Buffer.from(Array.from({ length: (i * 37) % 1_500 }, () => Math.random() * 256));
    if (datagram.length > 3) datagram[3] = 0xff; // never by chance a message
    return datagram;
  });
  return [Buffer.alloc(0), ...truncated, ...tooLong, ...reserved, ...oversized, ...random];
}
