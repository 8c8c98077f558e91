/**
 * The server: passes a client's packets on to WireGuard, and WireGuard's answers to every address the
 * client sends from. Puts configuration, name resolution and the packet loop together.
 */
import { formatHostPort, type ServerConfig } from '../config/index.ts';
import { type InterfaceWatch, watchInterfaces } from '../interfaces/index.ts';
import { formatAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { FaultLog } from './fault-log.ts';
import type { PacketLoop, PacketLoopEvents } from './packet-loop.ts';
import { Resolver } from './resolver.ts';
import { listenOrFail, startLoop } from './start-loop.ts';

/** Addresses the one client may send from at the same time. */
const MOST_SERVER_PATHS = 64;

export class Server {
  readonly #config: ServerConfig;
  readonly #log: Log;
  readonly #loop: PacketLoop;
  readonly #resolver: Resolver;
  readonly #faults: FaultLog;
  readonly #watch: InterfaceWatch;
  readonly #addresses: Map<number, string>;
  #upstream = '';

  /** @throws StartError when the listening socket can't be had */
  static async start(config: ServerConfig, log: Log): Promise<Server> {
    const { maxDatagramBytes, clientTimeoutMs, listenAddr } = config;
    const addresses = new Map<number, string>();
    const loop = await startLoop(
      { maxDatagramBytes, maxPaths: MOST_SERVER_PATHS, learnPathsForMs: clientTimeoutMs },
      log,
      (message) => followPaths(addresses, message, log),
    );
    const listening = await listenOrFail(loop, 'network', 'server', listenAddr);
    log.info(
      { engine: loop.engine, listening: formatAddress(listening), to: formatHostPort(config.dstAddr) },
      `serving ${formatAddress(listening)} for WireGuard at ${formatHostPort(config.dstAddr)} (${loop.engine} engine)`,
    );
    return new Server(config, log, loop, addresses);
  }

  private constructor(config: ServerConfig, log: Log, loop: PacketLoop, addresses: Map<number, string>) {
    this.#config = config;
    this.#log = log;
    this.#loop = loop;
    this.#addresses = addresses;
    this.#resolver = new Resolver({
      onChange: () => this.#follow(),
      onFailure: (host, code) => log.warn({ host, code }, `cannot resolve ${host} (${code}); trying again`),
      onSuccess: (host, found) => log.info({ host, addresses: found }, `${host} is ${found.join(', ')}`),
    });
    this.#faults = new FaultLog(log, loop.counters, () =>
      Array.from(this.#addresses, ([number, name]) => ({ number, name })),
    );
    this.#watch = watchInterfaces(
      () => loop.retry(),
      (message) => log.warn(message),
    );
    this.#follow();
  }

  async stop(): Promise<void> {
    this.#watch.close();
    this.#resolver.close();
    this.#faults.close();
    await this.#loop.stop();
  }

  /** WireGuard's address became known, or another one. */
  #follow(): void {
    const { host, port } = this.#config.dstAddr;
    const address = this.#resolver.addresses(host)[0];
    if (address === undefined || address === this.#upstream) return;
    this.#upstream = address;
    this.#loop.setUpstream({ address, port });
    this.#log.debug({ address }, `WireGuard is at ${formatAddress({ address, port })}`);
  }
}

function followPaths(
  addresses: Map<number, string>,
  message: Parameters<PacketLoopEvents['onTold']>[0],
  log: Log,
): void {
  if (message.is === 'path-learned') {
    const address = formatAddress(message.address);
    addresses.set(message.path, address);
    log.info({ address }, `client sends from ${address}`);
  } else if (message.is === 'path-forgotten') {
    log.info(
      { address: addresses.get(message.path) },
      `client no longer sends from ${addresses.get(message.path)}`,
    );
    addresses.delete(message.path);
  }
}
