/**
 * The server: passes a client's packets on to WireGuard, and WireGuard's answers to every address the
 * client sends from. Puts configuration, name resolution, the packet loop and the manager together.
 */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { formatHostPort, type HostPort, loadServerConfig, type ServerConfig } from '../config/index.ts';
import { type InterfaceWatch, watchInterfaces } from '../interfaces/index.ts';
import type { LoopSettings, PacketLoop } from '../loop/index.ts';
import { formatAddress, type SocketAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { FaultLog } from './fault-log.ts';
import { FollowedFile } from './followed-file.ts';
import { Gauges } from './gauges.ts';
import { Management } from './management.ts';
import { metricsView } from './metrics-view.ts';
import { logQuality } from './quality-report.ts';
import { Resolver } from './resolver.ts';
import { ServerSessions } from './server-sessions.ts';
import { ServerView } from './server-view.ts';
import { ANY_PROTOCOL, listenOrFail, type Surroundings, startLoop } from './start-loop.ts';

/** Places for paths: sessions rarely use all they may, so not for the worst case of all at once. */
const PATHS_PER_SESSION = 4;
const MOST_THREADS_BY_DEFAULT = 4;

export class Server {
  readonly #log: Log;
  readonly #loop: PacketLoop;
  readonly #file: FollowedFile<ServerConfig>;
  readonly #resolver: Resolver;
  readonly #faults: FaultLog;
  readonly #gauges: Gauges;
  readonly #management: Management;
  readonly #watch: InterfaceWatch;
  /** Where the loop sends what is for WireGuard; empty: nowhere yet. */
  #upstream = '';

  /** @throws StartError when the listening socket can't be had */
  static async start(config: ServerConfig, log: Log, surroundings: Surroundings): Promise<Server> {
    const { listenAddr } = config;
    const sessions = new ServerSessions(log);
    if (config.protocol === 'any') log.warn(ANY_PROTOCOL);
    const threads = threadsFor(config);
    const loop = await startLoop(settingsOf(config, threads), log, (message) => sessions.hear(message));
    // Before the first packet can come, so that none finds the server without a way on.
    const { host, port } = config.dstAddr;
    if (isIP(host) !== 0) loop.setUpstream({ address: host, port });
    const listening = await listenOrFail(loop, 'network', 'server', listenAddr);
    log.info(
      { engine: loop.engine, listening: formatAddress(listening), to: formatHostPort(config.dstAddr) },
      `serving ${formatAddress(listening)} for WireGuard at ${formatHostPort(config.dstAddr)} (${engineOf(loop)})`,
    );
    if (loop.threads < (config.threads ?? 1)) {
      log.warn(`threads: ${config.threads} are wanted, one carries: ${whyOne(config)}`);
    }
    return new Server(config, log, loop, sessions, listening, surroundings);
  }

  private constructor(
    config: ServerConfig,
    log: Log,
    loop: PacketLoop,
    sessions: ServerSessions,
    listening: SocketAddress,
    { file, version }: Surroundings,
  ) {
    this.#log = log;
    this.#loop = loop;
    this.#resolver = new Resolver({
      onChange: () => this.#followWireguard(),
      onFailure: (host, code) => log.warn({ host, code }, `cannot resolve ${host} (${code}); trying again`),
      onSuccess: (host, found) => log.info({ host, addresses: found }, `${host} is ${found.join(', ')}`),
    });
    this.#gauges = new Gauges(loop.counters);
    const startedAt = new Date().toISOString();
    const listenPort = listening.port;
    const view = new ServerView({
      instance: () => ({
        role: 'server',
        version,
        description: this.#file.config.description,
        engine: loop.engine,
        startedAt,
        listenAddress: formatAddress(listening),
        destination: formatHostPort(this.#file.config.dstAddr),
        file,
      }),
      sessions,
      gauges: this.#gauges,
      listening: formatAddress(listening),
      metrics: metricsView({ role: 'server', version, listenPort }, loop),
    });
    const gauges = this.#gauges;
    this.#management = new Management({ role: 'server', version, log, gauges, view, listenPort });
    sessions.follow(this.#gauges, this.#management.notify);
    this.#file = new FollowedFile(config, {
      file,
      load: loadServerConfig,
      apply: (changed) => this.#apply(changed),
      log,
      notify: this.#management.notify,
    });
    this.#management.follow(config.webManager);
    this.#management.notify('program-started', {}, `${version}, ${loop.engine} engine`);
    this.#faults = new FaultLog(log, loop.counters, () => sessions.paths());
    this.#gauges.everySecond(() => this.#faults.look());
    this.#watch = watchInterfaces(
      () => loop.retry(),
      (message) => log.warn(message),
    );
    loop.retry(); // for addresses that came between the first listening and the watch
    this.#upstream = isIP(config.dstAddr.host) === 0 ? '' : formatHostPort(config.dstAddr); // set already
    this.#followWireguard();
  }

  /** Grows while the packet loop lives. */
  get heartbeats(): number {
    return this.#loop.heartbeats;
  }

  /** One line for people: how it fares. */
  get status(): string {
    const count = this.#loop.counters.relay('sessions');
    return count === 1 ? 'one session' : `${count} sessions`;
  }

  /** Writes the links' figures to the log. */
  reportQuality(): void {
    logQuality(this.#gauges, this.#log);
  }

  /** Reads the file again. */
  reload(): Promise<void> {
    return this.#file.read();
  }

  async stop(): Promise<void> {
    this.#file.close();
    this.#gauges.close();
    this.#watch.close();
    this.#resolver.close();
    this.#faults.look();
    this.#management.notify('program-stopped', {}, '');
    await Promise.all([this.#loop.stop(), this.#management.stop()]);
  }

  #apply(config: ServerConfig): void {
    this.#management.follow(config.webManager);
    this.#followWireguard();
    this.#management.changed();
  }

  /** WireGuard's address became known, or another one. */
  #followWireguard(): void {
    const { host, port } = this.#file.config.dstAddr;
    const address = this.#resolver.addresses(host)[0];
    if (address === undefined) return;
    const upstream: HostPort = { host: address, port };
    if (formatHostPort(upstream) === this.#upstream) return;
    this.#upstream = formatHostPort(upstream);
    this.#loop.setUpstream({ address, port });
    this.#log.debug({ address }, `WireGuard is at ${this.#upstream}`);
  }
}

/** Spreading takes WireGuard's indices to tell sessions apart. */
function threadsFor({ threads, protocol }: ServerConfig): number {
  return protocol === 'any' ? 1 : (threads ?? threadsByDefault(availableParallelism()));
}

/** On few cores a second thread would only take turns with the first, and with WireGuard. */
export function threadsByDefault(cores: number): number {
  return cores <= 2 ? 1 : Math.min(MOST_THREADS_BY_DEFAULT, cores - 1);
}

function engineOf({ engine, threads }: PacketLoop): string {
  return threads === 1 ? `${engine} engine` : `${engine} engine, ${threads} threads`;
}

function whyOne({ protocol }: ServerConfig): string {
  return protocol === 'any' ? 'with protocol: any there is one session' : 'only the Linux engine knows how';
}

function settingsOf(config: ServerConfig, threads: number): Omit<LoopSettings, 'engine'> {
  const { maxDatagramBytes, protocol, deduplicate, lowLatency, maxPathsPerSession, maxSessions } = config;
  const { maxUnconfirmedSessions, newAddressesPerSecond, clientTimeoutMs, wireguardPublicKey } = config;
  return {
    maxDatagramBytes,
    protocol,
    deduplicate,
    lowLatency,
    maxPathsPerSession,
    shape: {
      sessions: maxSessions,
      paths: Math.max(maxSessions * PATHS_PER_SESSION, maxPathsPerSession),
      loops: threads,
    },
    admission: { maxSessions, maxUnconfirmedSessions, newAddressesPerSecond, pathTimeoutMs: clientTimeoutMs },
    ...(wireguardPublicKey !== undefined && { wireguardPublicKey }),
  };
}
