/** The lists of version 1 of the API, made of what version 2 tells: names, order and words of engarde 2.x. */
import { isIPv6 } from 'node:net';
import type {
  ClientOverview,
  Path,
  PathState,
  ServerOverview,
  V1ClientList,
  V1ServerList,
} from '../../contract/index.ts';
import type { Answers } from '../protocol.ts';

type V1Interface = V1ClientList['interfaces'][number];

const STATUS: Record<PathState, V1Interface['status']> = {
  up: 'active',
  suspect: 'active',
  down: 'idle',
  excluded: 'excluded',
};

export function clientList({ instance, session }: ClientOverview): V1ClientList {
  return {
    type: 'client',
    version: instance.version,
    description: instance.description,
    listenAddress: instance.listenAddress,
    interfaces: session.paths.map(interfaceOf),
  };
}

export function serverList({ instance }: ServerOverview, addresses: Answers['addresses']): V1ServerList {
  return {
    type: 'server',
    version: instance.version,
    description: instance.description,
    listenAddress: instance.listenAddress,
    dstAddress: instance.destination,
    sockets: addresses.map(({ address, lastSeconds }) => ({ address, last: wholeSeconds(lastSeconds) })),
  };
}

function interfaceOf(path: Path): V1Interface {
  return {
    name: path.name,
    ...(path.label !== undefined && { label: path.label }),
    status: STATUS[path.state],
    senderAddress: withoutPort(path.source),
    dstAddress: path.state === 'excluded' ? '' : path.destination,
    last: wholeSeconds(path.lastSeconds),
  };
}

/** `192.0.2.7:41234` and `[2001:db8::7]:41234`, or the same without port, to the bare address. */
function withoutPort(address: string): string {
  if (isIPv6(address)) return address;
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

function wholeSeconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.floor(seconds);
}
