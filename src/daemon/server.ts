/**
 * The server: passes a client's packets on to WireGuard, and WireGuard's answers to every address the
 * client sends from. Puts configuration, name resolution and the packet loop together.
 */
import { isIP } from 'node:net';
import { formatHostPort, type ServerConfig } from '../config/index.ts';
import { type InterfaceWatch, watchInterfaces } from '../interfaces/index.ts';
import { formatAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { FaultLog } from './fault-log.ts';
import { LinkQuality } from './link-quality.ts';
import type { LoopSettings } from './loop-protocol.ts';
import type { PacketLoop } from './packet-loop.ts';
import { Resolver } from './resolver.ts';
import { ServerSessions } from './server-sessions.ts';
import { ANY_PROTOCOL, listenOrFail, startLoop } from './start-loop.ts';

/** Places for paths: sessions rarely use all they may, so not for the worst case of all at once. */
const PATHS_PER_SESSION = 4;

export class Server {
  readonly #config: ServerConfig;
  readonly #log: Log;
  readonly #loop: PacketLoop;
  readonly #resolver: Resolver;
  readonly #faults: FaultLog;
  readonly #quality: LinkQuality;
  readonly #watch: InterfaceWatch;
  #upstream: string;

  /** @throws StartError when the listening socket can't be had */
  static async start(config: ServerConfig, log: Log): Promise<Server> {
    const { listenAddr } = config;
    const sessions = new ServerSessions(log);
    if (config.protocol === 'any') log.warn(ANY_PROTOCOL);
    const loop = await startLoop(settingsOf(config), log, (message) => sessions.hear(message));
    // Before the first packet can come, so that none finds the server without a way on.
    const { host, port } = config.dstAddr;
    if (isIP(host) !== 0) loop.setUpstream({ address: host, port });
    const listening = await listenOrFail(loop, 'network', 'server', listenAddr);
    log.info(
      { engine: loop.engine, listening: formatAddress(listening), to: formatHostPort(config.dstAddr) },
      `serving ${formatAddress(listening)} for WireGuard at ${formatHostPort(config.dstAddr)} (${loop.engine} engine)`,
    );
    return new Server(config, log, loop, sessions);
  }

  private constructor(config: ServerConfig, log: Log, loop: PacketLoop, sessions: ServerSessions) {
    this.#config = config;
    this.#upstream = isIP(config.dstAddr.host) === 0 ? '' : config.dstAddr.host; // set already
    this.#log = log;
    this.#loop = loop;
    this.#resolver = new Resolver({
      onChange: () => this.#follow(),
      onFailure: (host, code) => log.warn({ host, code }, `cannot resolve ${host} (${code}); trying again`),
      onSuccess: (host, found) => log.info({ host, addresses: found }, `${host} is ${found.join(', ')}`),
    });
    this.#quality = new LinkQuality(loop.counters);
    sessions.follow(this.#quality);
    this.#faults = new FaultLog(log, loop.counters, () => sessions.paths());
    this.#watch = watchInterfaces(
      () => loop.retry(),
      (message) => log.warn(message),
    );
    this.#follow();
  }

  /** Writes the links' figures to the log. */
  reportQuality(): void {
    this.#quality.log(this.#log);
  }

  async stop(): Promise<void> {
    this.#quality.close();
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

function settingsOf(config: ServerConfig): Omit<LoopSettings, 'engine'> {
  const { maxDatagramBytes, protocol, deduplicate, maxPathsPerSession, maxSessions } = config;
  const { maxUnconfirmedSessions, newAddressesPerSecond, clientTimeoutMs, wireguardPublicKey } = config;
  return {
    maxDatagramBytes,
    protocol,
    deduplicate,
    maxPathsPerSession,
    shape: { sessions: maxSessions, paths: Math.max(maxSessions * PATHS_PER_SESSION, maxPathsPerSession) },
    admission: { maxSessions, maxUnconfirmedSessions, newAddressesPerSecond, pathTimeoutMs: clientTimeoutMs },
    ...(wireguardPublicKey !== undefined && { wireguardPublicKey }),
  };
}
