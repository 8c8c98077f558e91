/**
 * The client: WireGuard's packets leave through every usable interface. Puts configuration, interfaces,
 * name resolution and the packet loop together, and keeps the paths in step with all of them.
 */
import { type ClientConfig, formatHostPort } from '../config/index.ts';
import {
  type InterfaceWatch,
  listInterfaces,
  type NetworkInterface,
  watchInterfaces,
} from '../interfaces/index.ts';
import { formatAddress } from '../net/index.ts';
import { ONLY_SESSION } from '../relay/index.ts';
import type { Log } from '../telemetry/index.ts';
import { ClientPaths, MOST_CLIENT_PATHS } from './client-paths.ts';
import { FaultLog } from './fault-log.ts';
import { LinkQuality } from './link-quality.ts';
import type { PacketLoop } from './packet-loop.ts';
import { missingInterfaces, planPaths } from './path-plan.ts';
import { Resolver } from './resolver.ts';
import { ANY_PROTOCOL, listenOrFail, startLoop } from './start-loop.ts';

/** Bursts of path openings are over after this long; only then is "no usable interface" news. */
const SETTLE_MS = 300;

export class Client {
  readonly #config: ClientConfig;
  readonly #log: Log;
  readonly #loop: PacketLoop;
  readonly #paths: ClientPaths;
  readonly #resolver: Resolver;
  readonly #faults: FaultLog;
  readonly #quality: LinkQuality;
  readonly #watch: InterfaceWatch;
  #interfaces: readonly NetworkInterface[];
  #settled: NodeJS.Timeout | undefined;
  #hadPaths: boolean | undefined;

  /** @throws StartError when the listening socket can't be had */
  static async start(config: ClientConfig, log: Log): Promise<Client> {
    const { maxDatagramBytes, listenAddr, protocol, deduplicate } = config;
    const loop = await startLoop(
      {
        maxDatagramBytes,
        protocol,
        deduplicate,
        maxPathsPerSession: MOST_CLIENT_PATHS,
        shape: { paths: MOST_CLIENT_PATHS, sessions: 1 },
      },
      log,
      () => {},
    );
    if (protocol === 'any') log.warn(ANY_PROTOCOL);
    const listening = await listenOrFail(loop, 'wireguard', 'client', listenAddr);
    log.info(
      { engine: loop.engine, listening: formatAddress(listening), to: formatHostPort(config.dstAddr) },
      `carrying WireGuard's packets from ${formatAddress(listening)} to ${formatHostPort(config.dstAddr)} (${loop.engine} engine)`,
    );
    return new Client(config, log, loop);
  }

  private constructor(config: ClientConfig, log: Log, loop: PacketLoop) {
    this.#config = config;
    this.#log = log;
    this.#loop = loop;
    this.#quality = new LinkQuality(loop.counters);
    this.#paths = new ClientPaths(loop, log, () => this.#plan(), {
      onOpen: (name, path, slot) => this.#quality.opened({ name, path, session: ONLY_SESSION, slot }),
      onClose: (name) => this.#quality.closed(name),
    });
    this.#resolver = new Resolver({
      onChange: () => this.#plan(),
      onFailure: (host, code) => log.warn({ host, code }, `cannot resolve ${host} (${code}); trying again`),
      onSuccess: (host, addresses) => log.info({ host, addresses }, `${host} is ${addresses.join(', ')}`),
    });
    this.#faults = new FaultLog(log, loop.counters, () => this.#openPaths());
    this.#watch = watchInterfaces(
      (interfaces) => this.#followInterfaces(interfaces),
      (message) => log.warn(message),
    );
    this.#interfaces = listInterfaces(); // after the watch began, so that no change falls between
    for (const name of missingInterfaces(config, this.#interfaces)) {
      log.warn({ interface: name }, `interface ${name} does not exist now; it is used when it appears`);
    }
    this.#plan();
  }

  /** Writes the links' figures to the log. */
  reportQuality(): void {
    this.#quality.log(this.#log);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#settled);
    this.#quality.close();
    this.#watch.close();
    this.#resolver.close();
    this.#paths.close();
    this.#faults.close();
    await this.#loop.stop();
  }

  #followInterfaces(interfaces: readonly NetworkInterface[]): void {
    this.#interfaces = interfaces;
    this.#resolver.hurry();
    this.#paths.hurry();
    this.#loop.retry();
    this.#plan();
  }

  #plan(): void {
    this.#paths.follow(
      planPaths({
        config: this.#config,
        interfaces: this.#interfaces,
        addressesOf: (host) => this.#resolver.addresses(host),
        currentSource: (name) => this.#paths.find(name)?.plan.source,
      }),
    );
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => this.#sayWhetherUsable(), SETTLE_MS);
  }

  #sayWhetherUsable(): void {
    const hasPaths = this.#paths.count > 0;
    if (hasPaths === this.#hadPaths) return;
    this.#hadPaths = hasPaths;
    if (hasPaths) return;
    const reasons = this.#paths.candidates.map(
      ({ name, reason }) => `${name}: ${reason || 'opening it fails'}`,
    );
    const why = reasons.join('; ') || 'this host has no interface at all';
    this.#log.warn({ reasons }, `no usable interface, waiting for one (${why})`);
  }

  *#openPaths(): Iterable<{ name: string; number: number }> {
    for (const { name } of this.#paths.candidates) {
      const open = this.#paths.find(name);
      if (open !== undefined) yield { name, number: open.number };
    }
  }
}
