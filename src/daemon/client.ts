/**
 * The client: WireGuard's packets leave through every usable interface. Puts configuration, interfaces,
 * name resolution, the packet loop and the manager together, and keeps the paths in step with all of them.
 */
import { type ClientConfig, formatHostPort, loadClientConfig } from '../config/index.ts';
import {
  type InterfaceWatch,
  listInterfaces,
  type NetworkInterface,
  watchInterfaces,
} from '../interfaces/index.ts';
import type { PacketLoop } from '../loop/index.ts';
import { formatAddress, nowMs, type SocketAddress } from '../net/index.ts';
import { ONLY_SESSION } from '../relay/index.ts';
import type { Log } from '../telemetry/index.ts';
import { ClientActions } from './client-actions.ts';
import { ClientPaths, MOST_CLIENT_PATHS, type OpenPath } from './client-paths.ts';
import { ClientView } from './client-view.ts';
import { Exclusions } from './exclusions.ts';
import { FaultLog } from './fault-log.ts';
import { FollowedFile } from './followed-file.ts';
import { Gauges } from './gauges.ts';
import { Management } from './management.ts';
import { metricsView } from './metrics-view.ts';
import {
  type ExcludedBy,
  excludedByFile,
  isLeftOutByKind,
  missingInterfaces,
  planPaths,
} from './path-plan.ts';
import { logQuality } from './quality-report.ts';
import { Resolver } from './resolver.ts';
import type { SessionGauge } from './session-gauge.ts';
import { ANY_PROTOCOL, listenOrFail, type Surroundings, startLoop } from './start-loop.ts';

/** Bursts of path openings are over after this long; only then is "no usable interface" news. */
const SETTLE_MS = 300;
/** The same in every run, so that the past of one run goes on in the next. */
const SESSION_ID = 'tunnel';

export class Client {
  readonly #log: Log;
  readonly #loop: PacketLoop;
  readonly #file: FollowedFile<ClientConfig>;
  readonly #paths: ClientPaths;
  readonly #exclusions = new Exclusions();
  readonly #resolver: Resolver;
  readonly #faults: FaultLog;
  readonly #gauges: Gauges;
  readonly #session: SessionGauge;
  readonly #management: Management;
  readonly #watch: InterfaceWatch;
  #interfaces: readonly NetworkInterface[];
  #settled: NodeJS.Timeout | undefined;
  #hadPaths: boolean | undefined;

  /** @throws StartError when the listening socket can't be had */
  static async start(config: ClientConfig, log: Log, surroundings: Surroundings): Promise<Client> {
    const { maxDatagramBytes, listenAddr, protocol, deduplicate, lowLatency } = config;
    const loop = await startLoop(
      {
        maxDatagramBytes,
        protocol,
        deduplicate,
        lowLatency,
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
    return new Client(config, log, loop, listening, surroundings);
  }

  private constructor(
    config: ClientConfig,
    log: Log,
    loop: PacketLoop,
    listening: SocketAddress,
    { file, version, demo }: Surroundings,
  ) {
    this.#log = log;
    this.#loop = loop;
    this.#gauges = new Gauges(loop.counters);
    this.#session = this.#gauges.begin(ONLY_SESSION, SESSION_ID);
    this.#paths = new ClientPaths(loop, log, () => this.#plan(), {
      onOpen: (name, path, before) => this.#opened(name, path, before),
      onClose: (name, reason) => this.#closed(name, reason),
    });
    this.#resolver = new Resolver({
      onChange: () => this.#plan(),
      onFailure: (host, code) => log.warn({ host, code }, `cannot resolve ${host} (${code}); trying again`),
      onSuccess: (host, addresses) => log.info({ host, addresses }, `${host} is ${addresses.join(', ')}`),
    });
    this.#faults = new FaultLog(log, loop.counters, () => this.#openPaths());
    this.#gauges.everySecond(() => this.#faults.look());
    const startedAt = new Date().toISOString();
    const listenPort = listening.port;
    const actions: ClientActions = new ClientActions({
      file,
      exclusions: this.#exclusions,
      demo,
      states: () => view.states(),
      excludedByFile: (name) => this.#excludedByFile(name),
      isLeftOutByKind: (name) => isLeftOutByKind(this.#interfaces, name),
      replan: () => this.#plan(),
      reread: () => this.#file.read(),
      notify: (kind, about, detail) => this.#management.notify(kind, about, detail),
    });
    const view: ClientView = new ClientView({
      instance: () => ({
        role: 'client',
        version,
        description: this.#file.config.description,
        engine: loop.engine,
        startedAt,
        listenAddress: formatAddress(listening),
        destination: formatHostPort(this.#file.config.dstAddr),
        file,
      }),
      paths: this.#paths,
      session: this.#session,
      gauges: this.#gauges,
      isChanged: (name) => this.#exclusions.wishes.has(name),
      labelOf: (name) => this.#file.config.interfaceLabels[name],
      act: (action) => actions.carryOut(action),
      demo,
      metrics: metricsView({ role: 'client', version, listenPort }, loop),
    });
    const gauges = this.#gauges;
    this.#management = new Management({ role: 'client', version, log, gauges, view, listenPort });
    demo?.onChange(() => this.#management.changed());
    this.#file = new FollowedFile(config, {
      file,
      load: loadClientConfig,
      apply: (changed) => this.#apply(changed),
      log,
      notify: this.#management.notify,
    });
    this.#watch = watchInterfaces(
      (interfaces) => this.#followInterfaces(interfaces),
      (message) => log.warn(message),
    );
    this.#interfaces = listInterfaces(); // after the watch began, so that no change falls between
    for (const name of missingInterfaces(config, this.#interfaces)) {
      log.warn({ interface: name }, `interface ${name} does not exist now; it is used when it appears`);
    }
    this.#plan();
    // Only now: a thread that starts takes time from the links. None is open yet, so the first event is the start.
    this.#management.follow(config.webManager);
    this.#management.notify('program-started', {}, `${version}, ${loop.engine} engine`);
  }

  /** Grows while the packet loop lives. */
  get heartbeats(): number {
    return this.#loop.heartbeats;
  }

  /** One line for people: how it fares. */
  get status(): string {
    const names = Array.from(this.#openPaths(), ({ name }) => name);
    return names.length === 0 ? 'no usable interface, waiting for one' : `carrying over ${names.join(', ')}`;
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
    clearTimeout(this.#settled);
    this.#file.close();
    this.#watch.close();
    this.#resolver.close();
    this.#paths.close();
    this.#faults.look();
    this.#gauges.close();
    this.#management.notify('program-stopped', {}, '');
    await Promise.all([this.#loop.stop(), this.#management.stop()]);
  }

  #apply(config: ClientConfig): void {
    this.#exclusions.settle((name) => this.#excludedByFile(name));
    this.#management.follow(config.webManager);
    this.#plan();
    this.#management.changed();
  }

  #excludedByFile(name: string): ExcludedBy | undefined {
    return excludedByFile(this.#file.config, this.#interfaces, name);
  }

  #followInterfaces(interfaces: readonly NetworkInterface[]): void {
    this.#interfaces = interfaces;
    this.#resolver.hurry();
    this.#paths.hurry();
    this.#loop.retry();
    this.#plan();
  }

  #opened(name: string, { number, slot, local, plan }: OpenPath, before: OpenPath | undefined): void {
    this.#session.opened(name, { path: number, slot }, nowMs());
    const ends = `${formatAddress(local)} to ${formatAddress(plan.destination)}`;
    this.#management.notify(before === undefined ? 'path-up' : 'path-changed', { path: name }, ends);
    this.#management.changed();
  }

  #closed(name: string, reason: string): void {
    this.#session.closed(name);
    this.#management.notify('path-down', { path: name }, reason);
    this.#management.changed();
  }

  #plan(): void {
    this.#paths.follow(
      planPaths({
        config: this.#file.config,
        interfaces: this.#interfaces,
        addressesOf: (host) => this.#resolver.addresses(host),
        currentSource: (name) => this.#paths.find(name)?.plan.source,
        wishes: this.#exclusions.wishes,
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
