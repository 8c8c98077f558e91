/**
 * Two hosts and the links between them. Every path is a veth pair with a subnet of its own:
 *
 *     client namespace                                  server namespace
 *     +-----------------------------+                  +----------------------------------+
 *     |         c0 10.77.0.1/24   o-+---- path 0 ------+-o  s0 10.77.0.2/24               |
 *     |            fd77:0::1/64     |                  |       fd77:0::2/64               |
 *     |         c1 10.77.1.1/24   o-+---- path 1 ------+-o  s1 10.77.1.2/24               |
 *     |         c2 10.77.2.1/24   o-+---- path 2 ------+-o  s2 10.77.2.2/24   lo 10.99.0.1 |
 *     |         ...                 |                  |    ...                  fd99::1  |
 *     +-----------------------------+                  +----------------------------------+
 *
 * On the client each path i has a default route by way of s<i> (metric 100+i: whoever binds to a device
 * leaves by it) and a table 100+i for packets from its own address (whoever binds only to an address leaves
 * by the right link too). The server has one stable address, on `lo`, unless the lab goes without.
 */
import { performance } from 'node:perf_hooks';
import { Namespace } from './namespace.ts';

/** linux/if.h: set up by its owner, whether it has a carrier or not. */
const IFF_UP = 1;
/** The kernel's link watch reports a carrier within a second (net/core/link_watch.c). */
const carrierTimeoutMs = 5_000;

export interface TopologyOptions {
  readonly paths: number;
  /** MTU of every link in bytes. */
  readonly linkMtu: number;
  /** Whether the server has the stable address that all links lead to. */
  readonly stableAddress: boolean;
  /** Another client's network, whose server is this one's too; its paths have the numbers before these. */
  readonly beside?: Topology;
}

/** The stable addresses of the server. */
export const stableAddress = { ipv4: '10.99.0.1', ipv6: 'fd99::1' } as const;

/** Which end of a path. */
export type Side = 'client' | 'server';

export const sides = ['client', 'server'] as const;

/** The network between the two hosts; `remove()` takes all of it away. */
export class Topology {
  readonly client: Namespace;
  readonly server: Namespace;
  readonly #linkMtu: number;
  #paths: number[] = [];

  private constructor(linkMtu: number, server = new Namespace('server')) {
    this.#linkMtu = linkMtu;
    this.client = new Namespace('client');
    this.server = server;
  }

  /** Makes both namespaces and all paths; removes what it made if that fails. */
  static async create(options: TopologyOptions): Promise<Topology> {
    const { beside } = options;
    const topology = new Topology(options.linkMtu, beside?.server);
    const firstPath = Math.max(-1, ...(beside?.paths ?? [])) + 1;
    try {
      await prepareHost(topology.client);
      if (beside === undefined) await prepareHost(topology.server);
      if (options.stableAddress && beside === undefined) {
        const { ipv4, ipv6 } = stableAddress;
        await topology.server.ip(`addr add ${ipv4}/32 dev lo`, `addr add ${ipv6}/128 dev lo nodad`);
      }
      for (let path = 0; path < options.paths; path += 1) await topology.addPath(firstPath + path);
      return topology;
    } catch (error) {
      topology.remove();
      throw error;
    }
  }

  /** The numbers of the paths that exist now. */
  get paths(): readonly number[] {
    return this.#paths;
  }

  host(side: Side): Namespace {
    return side === 'client' ? this.client : this.server;
  }

  /** Plugs in a new link, ready to carry packets when this resolves. */
  async addPath(path: number): Promise<void> {
    const [near, far] = [interfaceName('client', path), interfaceName('server', path)];
    await this.client.ip(
      `link add ${near} mtu ${this.#linkMtu} type veth peer name ${far} mtu ${this.#linkMtu} netns ${this.server.name}`,
    );
    await this.#rule('add', path);
    await this.bringUp(path, 'server');
    await this.bringUp(path, 'client');
    this.#paths.push(path);
  }

  /** Unplugs a link for good: both interfaces are gone. */
  async removePath(path: number): Promise<void> {
    await this.client.ip(`link delete ${interfaceName('client', path)}`);
    await this.#rule('delete', path);
    this.#paths = this.#paths.filter((known) => known !== path);
  }

  /** Sets one end up with its addresses and routes: the kernel forgets routes and IPv6 when it goes down. */
  async bringUp(path: number, side: Side): Promise<void> {
    const name = interfaceName(side, path);
    const { ipv4, ipv6 } = pathAddress(side, path);
    const lines = [
      `link set ${name} up`,
      `addr replace ${ipv4}/24 dev ${name}`,
      `addr replace ${ipv6}/64 dev ${name} nodad`,
    ];
    if (side === 'client') {
      const gateway = pathAddress('server', path);
      for (const destination of [`table ${100 + path}`, `metric ${100 + path}`]) {
        lines.push(`route replace default via ${gateway.ipv4} dev ${name} ${destination}`);
        lines.push(`route replace default via ${gateway.ipv6} dev ${name} ${destination}`);
      }
    }
    await this.host(side).ip(...lines);
    await this.#awaitCarrier(path);
    // An ARP request that nobody answered during the cut would be repeated after a second only.
    for (const end of sides) await this.host(end).ip(`neigh flush dev ${interfaceName(end, path)}`);
  }

  /** The other end notices a little later, and its packets vanish until then. Does not wait for a cut end. */
  async #awaitCarrier(path: number): Promise<void> {
    const deadline = performance.now() + carrierTimeoutMs;
    for (const side of sides) {
      const folder = `/sys/class/net/${interfaceName(side, path)}`;
      for (;;) {
        const state = await this.host(side).run('cat', [`${folder}/flags`, `${folder}/operstate`]);
        const [flags, operstate] = state.split('\n');
        const isCut = (Number(flags) & IFF_UP) === 0;
        if (isCut) return;
        if (operstate === 'up') break;
        if (performance.now() > deadline) throw new Error(`Cannot bring up ${folder}: it stays ${operstate}`);
      }
    }
  }

  /** Sends packets from the client's own address of the path to its table. */
  async #rule(action: 'add' | 'delete', path: number): Promise<void> {
    const { ipv4, ipv6 } = pathAddress('client', path);
    const table = ['lookup', String(100 + path)];
    await this.client.run('ip', ['-4', 'rule', action, 'from', ipv4, ...table]);
    await this.client.run('ip', ['-6', 'rule', action, 'from', ipv6, ...table]);
  }

  remove(): void {
    this.client.remove();
    this.server.remove();
  }
}

/** The name of one end's interface: c0 and s0 for path 0. */
export function interfaceName(side: Side, path: number): string {
  return `${side === 'client' ? 'c' : 's'}${path}`;
}

/** The addresses of one end of a path, without the prefix length. */
export function pathAddress(side: Side, path: number): { ipv4: string; ipv6: string } {
  const host = side === 'client' ? 1 : 2;
  return { ipv4: `10.77.${path}.${host}`, ipv6: `fd77:${path.toString(16)}::${host}` };
}

async function prepareHost(host: Namespace): Promise<void> {
  await host.setParameters({
    // Answers may take another link than the kernel would choose for their source.
    'ipv4/conf/all/rp_filter': 0,
    'ipv4/conf/default/rp_filter': 0,
    // IPv6 addresses are usable at once, not after a second of duplicate address detection.
    'ipv6/conf/all/accept_dad': 0,
    'ipv6/conf/default/accept_dad': 0,
  });
  await host.ip('link set lo up');
}
