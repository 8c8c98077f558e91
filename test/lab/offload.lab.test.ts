/**
 * Segmentation offload end to end, where links don't play along: one without checksum offload, one that
 * carries less than the others, one whose MTU shrinks while packets flow, jumbo frames beside ordinary ones.
 * UDP in bursts through the tunnel, echoed back: the Linux engine sends bursts as runs. The rate is moderate,
 * so that no buffer on the way is a reason for a loss.
 *
 *     bursts -> wireguard-go -> rengarde-client --- c0 ==== s0 --- rengarde-server -> wireguard-go -> echo
 *                                              `--- c1 ==== s1 --´      topology.ts has the addresses
 *                                              `--- c2 ==== s2 --´
 *
 * The other links would carry everything too, so each fault is also tried with only that link left.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countArrivals } from './counters.ts';
import { type Lab, type LabOptions, startLab, tunnel } from './lab.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { interfaceName, sides } from './topology.ts';

/** The tunnel's MTU of 1,380 less IPv4 and UDP headers; 1,440 bytes on a link. */
const fullBytes = 1_352;
const jumboBytes = 8_872;
/** Datagrams sent at once: WireGuard's receive buffer of 212,992 bytes holds the copies of several bursts. */
const burst = 8;
const jumboBurst = 3;
const burstEveryMs = 40;
const port = 5_555;
/** A link counts as used when so many packets arrived; a run arrives as one. */
const fewPackets = 30;
const allLinks = ['s0', 's1', 's2'];

interface Account {
  readonly sent: number;
  readonly lost: number;
  /** Echoes that came twice, or that differ from what was sent. */
  readonly wrong: number;
}

describe.skipIf(programObstacle !== null)(titled('offload, three links', programObstacle), () => {
  const lab = sharedLab({ paths: 3, engine: 'linux' });

  test('carries bursts over all links', async () => {
    const up = await countArrivals(lab().topology, 'server');
    const account = await bursts(lab(), 2_000);
    await expectNoneLost(lab(), account);
    expectUsed(await up(), allLinks);
    expect(said(lab())).not.toMatch(/Segment/);
  });

  describe.each(['beside others', 'alone'] as const)('one link, %s', (company) => {
    const links = company === 'alone' ? ['s0'] : allLinks;
    beforeAll(async () => {
      if (company === 'alone') for (const path of [1, 2]) await lab().faults.blackhole(path);
    });
    afterAll(async () => {
      if (company === 'alone') for (const path of [1, 2]) await lab().faults.clear(path);
    });

    test('loses nothing without checksum offload', async () => {
      await setChecksumOffload(lab(), 0, 'off');
      const arrived = await countArrivals(lab().topology, 'server');
      const account = await bursts(lab(), 2_000);
      await setChecksumOffload(lab(), 0, 'on');
      await expectNoneLost(lab(), account);
      expectUsed(await arrived(), links);
    });

    test('loses nothing on a link that carries less than the tunnel sends', async () => {
      const { faults, topology } = lab();
      await faults.setMtu(0, 1_400);
      const arrived = await countArrivals(topology, 'server');
      const account = await bursts(lab(), 2_000);
      await faults.setMtu(0, 1_500);
      await expectNoneLost(lab(), account);
      expectUsed(await arrived(), links);
      expect(said(lab())).toMatch(/too long for this path/);
    });
  });

  test('loses nothing when the MTU shrinks and grows while packets flow', async () => {
    const { faults } = lab();
    const running = bursts(lab(), 2_500);
    for (const path of [0, 1]) {
      await sleep(500);
      await faults.setMtu(path, 1_350);
      await sleep(300);
      await faults.setMtu(path, 1_500);
    }
    const account = await running;
    await expectNoneLost(lab(), account);
  });
});

describe.skipIf(programObstacle !== null)(titled('offload, jumbo frames', programObstacle), () => {
  const lab = sharedLab({ paths: 2, engine: 'linux', linkMtu: 9_000, tunnelMtu: 8_900 });

  test('carries packets of 8,900 bytes', async () => {
    const account = await bursts(lab(), 2_000, jumboBytes, jumboBurst);
    await expectNoneLost(lab(), account);
    expect(said(lab())).not.toMatch(/Segment/);
  });

  test('loses nothing when one link has ordinary frames, and cuts nothing on the other', async () => {
    await lab().faults.setMtu(1, 1_500);
    const [whole, cut] = [await countFragments(lab(), 0), await countFragments(lab(), 1)];
    const account = await bursts(lab(), 2_000, jumboBytes, jumboBurst);
    await expectNoneLost(lab(), account);
    expect(await whole()).toBe(0);
    expect(await cut()).toBeGreaterThan(account.sent);
    await lab().faults.setMtu(1, 9_000);
  });
});

/** One lab for a suite's tests; each leaves it whole. */
function sharedLab(options: LabOptions): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await startLab(options);
  });
  afterAll(async () => lab?.stop());
  return () => lab!;
}

/** Bursts of UDP through the tunnel for so long, echoed; the account of it. */
async function bursts(lab: Lab, milliseconds: number, bytes = fullBytes, atOnce = burst): Promise<Account> {
  const echo = new Program(lab.server.namespace, process.execPath, ['-e', echoScript]);
  try {
    await echo.waitForOutput('ready');
    const args = ['-e', burstScript, ...[milliseconds, bytes, atOnce].map(String)];
    return JSON.parse(await lab.client.namespace.run(process.execPath, args)) as Account;
  } finally {
    await echo.stop();
  }
}

const echoScript = `
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
  socket.bind(${port}, '${tunnel.server.ipv4}', () => console.log('ready'));`;

const burstScript = `
  const { createHash } = require('node:crypto');
  const [milliseconds, bytes, atOnce] = process.argv.slice(1).map(Number);
  const socket = require('node:dgram').createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const waiting = new Map();
  let sent = 0;
  let wrong = 0;
  socket.on('message', (datagram) => {
    const number = datagram.readUInt32LE(0);
    if (waiting.get(number)?.equals(datagram)) waiting.delete(number);
    else wrong++;
  });
  socket.connect(${port}, '${tunnel.server.ipv4}', () => {
    const timer = setInterval(() => {
      for (let i = 0; i < atOnce; i++) {
        // Every fifth is shorter: a run ends there.
        const datagram = Buffer.alloc(sent % 5 === 4 ? bytes >> 1 : bytes, createHash('sha256').update(String(sent)).digest());
        datagram.writeUInt32LE(sent, 0);
        waiting.set(sent++, datagram);
        socket.send(datagram);
      }
    }, ${burstEveryMs});
    setTimeout(() => clearInterval(timer), milliseconds);
    setTimeout(() => {
      console.log(JSON.stringify({ sent, lost: waiting.size, wrong }));
      socket.close();
    }, milliseconds + 1500);
  });`;

async function expectNoneLost(lab: Lab, account: Account): Promise<void> {
  // A full receive buffer of WireGuard or of the echo is the other reason for a loss: last column, drops.
  const tables = await Promise.all(
    [lab.client, lab.server].map(({ namespace }) => namespace.run('cat', ['/proc/net/udp'])),
  );
  const what = JSON.stringify(lab.faults.events.map((event) => event.what));
  const message = `${what}\n${tables.join('')}${said(lab)}`;
  expect({ lost: account.lost, wrong: account.wrong }, message).toEqual({ lost: 0, wrong: 0 });
  expect(account.sent).toBeGreaterThan(10 * jumboBurst);
}

function expectUsed(arrived: ReadonlyMap<string, number>, names: readonly string[]): void {
  for (const name of names) expect(arrived.get(name), name).toBeGreaterThan(fewPackets);
}

async function setChecksumOffload(lab: Lab, path: number, state: 'on' | 'off'): Promise<void> {
  for (const side of sides) {
    await lab.topology.host(side).run('ethtool', ['-K', interfaceName(side, path), 'tx', state]);
  }
}

/** What both programs have said so far. */
function said(lab: Lab): string {
  return `${lab.client.program?.output}${lab.server.program?.output}`;
}

/** Counts the fragments that arrive at the server on a path; raw, before they are put together again. */
async function countFragments(lab: Lab, path: number): Promise<() => Promise<number>> {
  const { server } = lab;
  const rule = `iifname "${interfaceName('server', path)}" ip frag-off & 0x3fff != 0 counter`;
  const chain = `chain arriving { type filter hook prerouting priority -450; ${rule}\n}`;
  await server.namespace.run('nft', ['-f', '-'], { input: `table inet fragments_${path} { ${chain}\n}\n` });
  return async () => {
    const listed = await server.namespace.run('nft', ['list', 'table', 'inet', `fragments_${path}`]);
    return Number(/counter packets (\d+)/.exec(listed)?.[1]);
  };
}
