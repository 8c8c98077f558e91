/**
 * What both roles do to get going: start the packet loop with the engine that the environment asks for,
 * open the listening socket, and say in the log which engine carries and what it has to say.
 */
import type { HostPort } from '../config/index.ts';
import { engineWish, type LoopSettings, PacketLoop, type PacketLoopEvents } from '../loop/index.ts';
import { type Fault, formatAddress, isFault, type Side, type SocketAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { DemoControl } from './demo-control.ts';
import { FullSockets } from './full-sockets.ts';

/** A start that failed for a reason the user can mend; the message says it all. */
export class StartError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'StartError';
    this.code = code;
  }
}

/** What a role's command line knows of the run. */
export interface Surroundings {
  /** Path of engarde.yml. */
  readonly file: string;
  readonly version: string;
  readonly demo?: DemoControl | undefined;
}

/** What `protocol: any` gives up. */
export const ANY_PROTOCOL =
  'protocol: any: one client, whoever sends anything gets its traffic; late copies are passed on; no link quality';

/** @throws StartError for an engine that there isn't, or that cannot be had */
export async function startLoop(
  settings: LoopSettings,
  log: Log,
  onTold: PacketLoopEvents['onTold'],
): Promise<PacketLoop> {
  const wish = engineWish();
  if (wish === undefined) {
    const { RENGARDE_ENGINE } = process.env;
    throw new StartError(
      'ENGINE',
      `Cannot use RENGARDE_ENGINE="${RENGARDE_ENGINE}": want auto, linux or portable`,
    );
  }
  const events: PacketLoopEvents = {
    onTold: (message) => {
      if (message.is === 'notice') log.warn({ kind: message.notice.kind }, message.notice.message);
      else onTold(message);
    },
    onCrash: (error) => {
      log.fatal({ error: error.stack }, `packet loop failed: ${error.message}`);
      process.exit(1);
    },
  };
  const loop = await PacketLoop.start(wish, settings, events).catch((error: Error) => {
    log.debug({ error: error.stack }, 'packet loop did not start');
    throw new StartError(
      'ENGINE',
      `Cannot start the packet loop (RENGARDE_ENGINE=${wish}): ${error.message}`,
    );
  });
  new FullSockets(log).start();
  if (loop.fallback !== undefined) log.warn(`using the portable engine, slower: ${loop.fallback}`);
  if (settings.lowLatency && loop.engine !== 'linux') log.warn('lowLatency: only the Linux engine knows how');
  return loop;
}

/** Opens the listening socket of `section`.listenAddr. @throws StartError */
export async function listenOrFail(
  loop: PacketLoop,
  side: Side,
  section: 'client' | 'server',
  { host, port }: HostPort,
): Promise<SocketAddress> {
  let result = await loop.listen(side, { address: host, port });
  // Without IPv6 in the kernel, "everywhere" is everywhere in IPv4.
  if (isFault(result) && result.code === 'EAFNOSUPPORT' && host === '::') {
    result = await loop.listen(side, { address: '0.0.0.0', port });
  }
  if (!isFault(result)) return result;
  await loop.stop();
  throw new StartError(result.code, explain(result, section, { address: host, port }));
}

const REMEDIES: Record<string, string> = {
  EADDRINUSE: 'another program has this port; stop it or choose another port',
  EADDRNOTAVAIL: 'no interface of this host has this address',
  EACCES: 'this user may not listen on this port; choose one from 1024 up',
};

function explain(fault: Fault, section: string, address: SocketAddress): string {
  const remedy = REMEDIES[fault.code] ?? fault.message;
  return `Cannot listen on ${section}.listenAddr ${formatAddress(address)}: ${remedy} (${fault.code})`;
}
