/**
 * Runs a role until it is told to stop: load the file, say what is odd about it, start, wait for SIGTERM
 * or SIGINT, or for its terminal to go, close everything. Messages for people; the exit status says how it
 * ended.
 */
import { ConfigError, formatProblem, type Loaded } from '../config/index.ts';
import { connectServiceManager, type DemoControl, StartError, type Surroundings } from '../daemon/index.ts';
import { type Log, openLog, type Service } from '../telemetry/index.ts';
import { isTerminalGone } from '../terminal/index.ts';
import { VERSION } from './version.ts';

/** Sockets close at once; whatever still hangs after this is left behind. */
const STOP_WITHIN_MS = 900;

interface Running extends Service {
  /** Writes the links' figures to the log. */
  reportQuality(): void;
  /** Reads the file again; says in the log what came of it. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export interface Role<C> {
  readonly program: string;
  /** Only inside the demo. */
  readonly demo?: DemoControl | undefined;
  load(file: string): Promise<Loaded<C>>;
  start(config: C, log: Log, surroundings: Surroundings): Promise<Running>;
}

/** Returns the exit status: 0 when told to stop, 1 when it could not start. */
export async function runRole<C extends { readonly description: string }>(
  role: Role<C>,
  file: string,
): Promise<number> {
  const stopped = Promise.race([heard('SIGTERM'), heard('SIGINT'), lostTerminal()]);
  try {
    const { config, warnings } = await role.load(file);
    const log = await openLog(role.program);
    for (const warning of warnings) log.warn(formatProblem(warning));
    if (config.description !== '') log.info(config.description);
    const manager = await connectServiceManager(log);
    const starting = role.start(config, log, { file, version: VERSION, demo: role.demo });
    // Told to stop while still starting: nothing is carried yet, so there is nothing to wait for.
    const running = await Promise.race([starting, stopped.then(() => undefined)]);
    if (running !== undefined) {
      process.on('SIGUSR2', () => running.reportQuality());
      process.on('SIGHUP', () => {
        if (isTerminalGone()) return;
        manager?.reloading();
        void running.reload().finally(() => manager?.reloaded());
      });
      manager?.ready(running);
    }
    const signal = await stopped;
    if (running === undefined) return 0;
    manager?.stopping();
    log.info(`${signal}: closing`);
    running.reportQuality();
    await Promise.race([running.stop(), afterMs(STOP_WITHIN_MS)]);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
    process.stderr.write(`${role.program}: ${error.message}\n`);
    return 1;
  }
}

function heard(signal: NodeJS.Signals): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once(signal, () => resolve(signal));
  });
}

/** A log to a terminal that is gone helps nobody, and a program left behind would hold its port unseen. */
function lostTerminal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGHUP', (signal) => {
      if (isTerminalGone()) resolve(signal);
    });
  });
}

function afterMs(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
