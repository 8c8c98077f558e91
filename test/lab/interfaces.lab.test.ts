/**
 * Interfaces and their changes as the built program sees them, in a namespace of their own:
 *
 *     namespace "here"                         namespace "far"
 *       a0 --------------- veth ---------------- z0
 *       more as each test makes them
 *
 * A watcher (node, built code) runs in "here" and prints each list with the time on the monotonic clock that
 * all processes share, so that the delay from a command's start to the callback can be told. Changes made in
 * "far" are not timed: the kernel itself announces a lost or regained carrier up to 1 s late (net/core/
 * link_watch.c lets one such event pass per second, unless it is urgent).
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NetworkInterface } from '../../src/interfaces/index.ts';
import { Namespace } from './namespace.ts';
import { labObstacle, titled } from './requirements.ts';

const built = new URL('../../dist/interfaces/index.js', import.meta.url);
const obstacle = labObstacle ?? (existsSync(built) ? null : 'not built, run "npm run build"');

/** Told on standard input how to end; `cut` takes the netlink socket's thread away. */
const watcherCode = `
  import { listInterfaces, watchInterfaces } from ${JSON.stringify(built.href)};
  const say = (what, more) => console.log(JSON.stringify({ atNs: String(process.hrtime.bigint()), what, ...more }));
  const watch = watchInterfaces((interfaces) => say('list', { interfaces }), (fault) => say('fault', { fault }));
  say('list', { interfaces: listInterfaces() });
  const ways = {
    close: () => watch.close(),
    exit: () => process.exit(7),
    throw: () => setImmediate(() => { throw new Error('on purpose'); }),
  };
  process.stdin.once('data', (way) => { process.stdin.unref(); say('ending'); ways[String(way).trim()](); });
`;

interface Said {
  readonly atNs: string;
  readonly what: 'list' | 'fault' | 'ending';
  readonly interfaces?: NetworkInterface[];
  readonly fault?: string;
}

/** A node process in the namespace that lists and watches. */
class Watcher {
  readonly said: Said[] = [];
  readonly #child;
  readonly #ended: Promise<number | null>;

  constructor(namespace: Namespace) {
    this.#child = namespace.spawn(process.execPath, ['--input-type=module', '-e', watcherCode], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.said.push(JSON.parse(line)));
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** The first list in which `isWanted` holds, among those said since `from`. */
  async listWith(isWanted: (interfaces: NetworkInterface[]) => boolean, from = 0): Promise<Said> {
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 5) {
      const found = this.said.slice(from).find(({ interfaces }) => interfaces && isWanted(interfaces));
      if (found !== undefined) return found;
      await sleep(5);
    }
    throw new Error(`No such list within 10 s; said: ${JSON.stringify(this.said.slice(from), null, 1)}`);
  }

  async end(way: 'close' | 'exit' | 'throw'): Promise<{ status: number | null; elapsedMs: number }> {
    const startMs = performance.now();
    this.#child.stdin?.end(`${way}\n`);
    const status = await this.#ended;
    return { status, elapsedMs: performance.now() - startMs };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

const named = (name: string) => (interfaces: readonly NetworkInterface[]) =>
  interfaces.find((networkInterface) => networkInterface.name === name);

describe.skipIf(obstacle !== null)(titled('interfaces in a namespace', obstacle), () => {
  let here: Namespace;
  let far: Namespace;
  let watcher: Watcher;
  /** From before the command was started to the callback. */
  const delays: { line: string; ms: number }[] = [];

  /** Runs `ip` commands and waits for the list that shows their effect. */
  async function change(
    line: string,
    isWanted: (interfaces: NetworkInterface[]) => boolean,
    inside = here,
  ): Promise<NetworkInterface[]> {
    const from = watcher.said.length;
    const startNs = process.hrtime.bigint();
    await inside.ip(line);
    const seen = await watcher.listWith(isWanted, from);
    if (inside === here) delays.push({ line, ms: Number(BigInt(seen.atNs) - startNs) / 1e6 });
    return seen.interfaces!;
  }

  beforeAll(async () => {
    here = new Namespace('here');
    far = new Namespace('far');
    await here.ip('link set lo up', `link add a0 type veth peer name z0 netns ${far.name}`);
    watcher = new Watcher(here);
    await watcher.listWith((interfaces) => named('a0')(interfaces) !== undefined);
    // Until the thread runs nothing is timed: a change before that is seen when it has started.
    await sleep(300);
  });
  afterAll(() => {
    watcher?.kill();
    here?.remove();
    far?.remove();
  });

  test('a link that comes up, gets addresses, loses carrier and goes is seen at each step', async () => {
    const a0 = named('a0');
    const has = (address: string) => (interfaces: NetworkInterface[]) =>
      a0(interfaces)?.addresses.some((one) => one.address === address) === true;

    expect(a0((await watcher.listWith((list) => !!a0(list))).interfaces!)).toMatchObject({
      kind: 'ethernet',
      isUp: false,
      mtu: 1500,
    });
    await change('link set a0 up', (list) => a0(list)?.isUp === true);
    await change('link set z0 up', (list) => a0(list)?.hasCarrier === true, far);
    const first = await change('address add 198.51.100.1/24 dev a0', has('198.51.100.1'));
    expect(a0(first)?.addresses.find(({ family }) => family === 4)).toEqual({
      family: 4,
      address: '198.51.100.1',
      prefixLength: 24,
      usable: true,
    });
    const second = await change('address add 198.51.100.2/24 dev a0', has('198.51.100.2'));
    const usable = a0(second)!.addresses.filter((address) => address.usable);
    expect(usable.map(({ address }) => address)).toEqual(['198.51.100.1', '198.51.100.2']);
    await change('address add 2001:db8::1/64 dev a0 nodad', has('2001:db8::1'));

    const cut = await change('link set z0 down', (list) => a0(list)?.hasCarrier === false, far);
    expect(has('198.51.100.1')(cut)).toBe(true);
    await change('link set z0 up', (list) => a0(list)?.hasCarrier === true, far);
    await change('address del 198.51.100.1/24 dev a0', (list) => !has('198.51.100.1')(list));
    await change('link set a0 mtu 1400', (list) => a0(list)?.mtu === 1400);
    const before = a0(await change('link set a0 down', (list) => a0(list)?.isUp === false))!;
    await change('link del a0', (list) => a0(list) === undefined);
    const again = await change(`link add a0 type veth peer name z0 netns ${far.name}`, (list) => !!a0(list));
    expect(a0(again)!.index).not.toBe(before.index);
  });

  test('an address under duplicate detection becomes usable by itself', async () => {
    const state = (list: NetworkInterface[]) =>
      named('d0')(list)?.addresses.find(({ address }) => address === '2001:db8:1::1');
    await here.ip('link add d0 type veth peer name d1', 'link set d1 up', 'link set d0 up');
    const first = await change('address add 2001:db8:1::1/64 dev d0', (list) => state(list) !== undefined);
    expect(state(first)).toMatchObject({ usable: false, why: 'tentative' });
    await watcher.listWith((list) => state(list)?.usable === true);
  });

  test('kinds are told apart', async () => {
    await here.ip(
      'link add br-lan type bridge',
      'link add p0 type veth peer name p1',
      'link set p0 master br-lan',
      'link add veth1a2b3c type veth peer name p2',
      'link add link p2 name m0 type macvlan',
      'tuntap add wg7 mode tun',
      'tuntap add t0 mode tun',
    );
    const { interfaces } = await watcher.listWith((list) => named('t0')(list) !== undefined);
    const kinds = Object.fromEntries(interfaces!.map(({ name, kind }) => [name, kind]));
    expect(kinds).toMatchObject({
      lo: 'loopback',
      'br-lan': 'bridge',
      p0: 'ethernet',
      veth1a2b3c: 'container',
      m0: 'ethernet',
      wg7: 'wireguard',
      t0: 'tunnel',
    });
    expect(named('p0')(interfaces!)?.bridge).toBe('br-lan');
  });

  test('300 devices and 300 addresses made at once end in one true list', async () => {
    const pairs = Array.from({ length: 150 }, (_, i) => i);
    const from = watcher.said.length;
    await here.ip(
      ...pairs.flatMap((i) => [
        `link add many${i} type veth peer name peer${i}`,
        `address add 10.1.${i}.1/24 dev many${i}`,
        `address add 10.2.${i}.1/24 dev peer${i}`,
      ]),
    );
    const isWhole = (list: NetworkInterface[]) => {
      const made = list.filter(({ name }) => /^(many|peer)\d/.test(name));
      return made.length === 300 && made.every(({ addresses }) => addresses.length === 1);
    };
    await watcher.listWith(isWhole, from);
    await here.ip(...pairs.map((i) => `link del many${i}`));
    await watcher.listWith((list) => !list.some(({ name }) => name.startsWith('many')), from);
    // At most one list per 20 ms, and one at once.
    const lists = watcher.said.slice(from);
    const spanMs = Number(BigInt(lists.at(-1)!.atNs) - BigInt(lists[0]!.atNs)) / 1e6;
    expect(lists.length).toBeLessThanOrEqual(spanMs / 15 + 4);
    console.log(`600 changes: ${lists.length} lists in ${spanMs.toFixed(0)} ms`);
  });

  test('changes are seen within 50 ms', async () => {
    for (let i = 0; i < 20; i++) {
      const address = `203.0.113.${i + 1}`;
      const has = (list: NetworkInterface[]) =>
        named('a0')(list)?.addresses.some((one) => one.address === address) === true;
      await change(`address add ${address}/32 dev a0`, has);
      await sleep(60);
    }
    const sorted = delays.toSorted((a, b) => a.ms - b.ms);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
    console.log(
      `from the start of the ip command to the callback, ${sorted.length} changes: median ${at(0.5).ms.toFixed(1)} ms, ` +
        `p90 ${at(0.9).ms.toFixed(1)} ms, longest ${at(1).ms.toFixed(1)} ms (${at(1).line})`,
    );
    expect(at(0.5).ms).toBeLessThan(50);
    expect(watcher.said.filter(({ what }) => what === 'fault')).toEqual([]);
  });

  test.each([
    ['close', 0],
    ['exit', 7],
    ['throw', 1],
  ] as const)('the process ends at once by %s', async (way, status) => {
    const another = new Watcher(here);
    await another.listWith(() => true);
    await sleep(200);
    const end = await another.end(way);
    expect(end.status).toBe(status);
    expect(end.elapsedMs).toBeLessThan(500);
  });
});
