/**
 * What can be turned off. With `protocol: any` both programs carry plain UDP, every copy of it, and say what
 * that gives up; with `deduplicate: false` WireGuard gets every copy. Links as in topology.ts, three of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { carrySingly, countArrivals } from './counters.ts';
import { clientPort, type Engine, type Lab, serverPort, startLab, tunnel, wireguardPort } from './lab.ts';
import { pingFor } from './ping-stream.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { Stage } from './stage.ts';
import { stableAddress, Topology } from './topology.ts';

const engines: readonly Engine[] = ['linux', 'portable'];
const paths = 3;
const echoPort = 7_000;
/** No WireGuard would send any of these. */
const questions = ['a', 'short', 'x'.repeat(1_200)].map((text) => Buffer.from(text));
const answerMs = 500;

describe.skipIf(programObstacle !== null)(titled('protocol: any', programObstacle), () => {
  const stage = new Stage();
  let topology: Topology | undefined;
  afterEach(async () => {
    await stage.end();
    topology?.remove();
  });
  afterAll(() => stage.remove());

  test.each(engines)('carries plain UDP and every copy of it, on the %s engine', async (engine) => {
    topology = await Topology.create({ paths, linkMtu: 1_500, stableAddress: true });
    const protocol = 'any';
    const file = stage.file({
      client: {
        listenAddr: `127.0.0.1:${clientPort}`,
        dstAddr: `${stableAddress.ipv4}:${serverPort}`,
        protocol,
      },
      server: { listenAddr: `0.0.0.0:${serverPort}`, dstAddr: `127.0.0.1:${echoPort}`, protocol },
    });
    const echo = stage.own(new Program(topology.server, process.execPath, ['-e', echoScript]));
    await echo.waitForOutput('ready');
    const server = stage.start(topology.server, 'server', file, engine);
    await server.waitForUdpPort(serverPort);
    const client = stage.start(topology.client, 'client', file, engine);
    for (const path of topology.paths) await client.waitForOutput(`c${path} is open`);
    const application = await stage.peer(topology.client, '127.0.0.1', 0);

    // The server learns the addresses one by one from the first copies: what comes next goes to all of them.
    application.send(Buffer.from('hello'), clientPort, '127.0.0.1');
    await sleep(answerMs);
    const before = application.received.length;
    for (const question of questions) application.send(question, clientPort, '127.0.0.1');
    await sleep(answerMs);
    const lengths = application.received.slice(before).map(({ bytes }) => bytes);
    console.log(`protocol: any, ${engine} engine: answers of ${lengths.join(', ')} bytes`);
    for (const question of questions) {
      const answers = lengths.filter((length) => length === question.length);
      expect(answers).toHaveLength(paths * paths); // each copy is answered, each answer is copied
    }
    expect(lengths).toHaveLength(questions.length * paths * paths);
    for (const program of [client, server]) expect(program.output).toMatch(/"level":40.*protocol: any: /);
  });
});

const echoScript = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
  socket.bind(${echoPort}, '127.0.0.1', () => console.log('ready'));`;

describe.skipIf(programObstacle !== null)(titled('deduplicate', programObstacle), () => {
  test.each(engines)('decides how many copies WireGuard gets, on the %s engine', async (engine) => {
    const on = await copiesPerPacket({ engine, deduplicate: true });
    const off = await copiesPerPacket({ engine, deduplicate: false });
    console.log(
      `deduplicate, ${engine} engine, copies per packet: ${on.toFixed(3)} on, ${off.toFixed(3)} off`,
    );
    expect(on).toBeCloseTo(1, 1);
    expect(off).toBeCloseTo(paths, 1);
  });
});

/** Of what arrives at the server on its three links: copies that its WireGuard gets, per packet. */
async function copiesPerPacket(options: { engine: Engine; deduplicate: boolean }): Promise<number> {
  const { engine, deduplicate } = options;
  const lab = await startLab({ paths, engine, server: { deduplicate } });
  try {
    await carrySingly(lab.topology);
    const arrived = await countArrivals(lab.topology, 'server');
    const delivered = await countDelivered(lab);
    const pings = await pingFor(1_000, { namespace: lab.client.namespace, to: tunnel.server.ipv4 });
    expect(pings.lost).toEqual([]);
    expect(pings.duplicates).toBe(0);
    const copies = [...(await arrived()).values()].reduce((sum, count) => sum + count, 0);
    expect(copies).toBeGreaterThan(pings.sent * paths * 0.9);
    return ((await delivered()) * paths) / copies;
  } finally {
    await lab.stop();
  }
}

/** Counts what reaches the server's WireGuard from its program, one by one, however it was sent. */
async function countDelivered({ server }: Lab): Promise<() => Promise<number>> {
  await server.namespace.run('ethtool', ['-K', 'lo', 'tx-udp-segmentation', 'off']);
  const rule = `iifname "lo" udp dport ${wireguardPort} counter`;
  const chain = `chain arriving { type filter hook prerouting priority raw; ${rule}\n}`;
  await server.namespace.run('nft', ['-f', '-'], { input: `table inet delivered { ${chain}\n}\n` });
  return async () => {
    const listed = await server.namespace.run('nft', ['list', 'table', 'inet', 'delivered']);
    return Number(/counter packets (\d+)/.exec(listed)?.[1]);
  };
}
