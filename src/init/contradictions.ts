/** What is wrong between answers that are each right by themselves: errors, and what is worth a warning. */
import { isIP } from 'node:net';
import { compileGlobs } from '../config/index.ts';
import type { Verdict } from '../interfaces/index.ts';
import type { Answers, Facts, NewWireguard } from './answers.ts';
import { InitError } from './init-error.ts';
import { type TunnelMtu, WIREGUARD_OVERHEAD_BYTES } from './mtu.ts';
import { formatSubnet, overlap } from './tunnel-net.ts';

/** @throws {InitError} when no file could be right */
export function checkAnswers(answers: Answers, listenPort: number, interfaceName: string): void {
  const { server, used, excluded, overrides } = answers;
  if ([server, ...overrides.map(({ dstAddr }) => dstAddr)].some(({ port }) => port === listenPort)) {
    throw new InitError(
      `Cannot use port ${listenPort} of the server twice: WireGuard listens there, want another for rengarde-server: --server HOST:PORT`,
    );
  }
  const isExcluded = compileGlobs([interfaceName, ...excluded]);
  const both = [...used, ...overrides.map(({ ifName }) => ifName)].find((name) => isExcluded(name));
  if (both === undefined) return;
  const name = JSON.stringify(both);
  throw new InitError(
    both === interfaceName
      ? `Cannot use ${name} as a link: it is WireGuard's own interface, want another in --use and --override`
      : `Cannot use ${name} as a link: --exclude names it too, want it in one of --use, --override and --exclude`,
  );
}

/** About the tunnel's MTU. @param fitting what the links here allow */
export function mtuWarnings({ mtuBytes: wanted }: Answers, { mtuBytes, isTooLong }: TunnelMtu): string[] {
  if (wanted !== undefined && wanted > mtuBytes) {
    return [
      `MTU ${wanted}: the narrowest link here carries ${mtuBytes} whole; longer packets are split up, or get lost`,
    ];
  }
  if (wanted !== undefined || !isTooLong) return [];
  const neededBytes = mtuBytes + WIREGUARD_OVERHEAD_BYTES;
  return [
    `MTU ${mtuBytes}: a link here carries less than the ${neededBytes} bytes that this takes, and less will not do; exclude that link, or leave IPv6 out of the tunnel`,
  ];
}

/** About the links of this host, when it is the client. */
export function linkWarnings(
  { role, used, overrides, excluded }: Answers,
  { interfaces }: Facts,
  verdicts: readonly Verdict[],
): string[] {
  if (role === 'server') return [];
  const names = [...used.map((name) => name.replace(/^\+/, '')), ...excluded];
  const missing = [...new Set([...names, ...overrides.map(({ ifName }) => ifName)])].filter(
    (name) => !interfaces.some((one) => compileGlobs([name])(one.name)),
  );
  const [first, ...others] = verdicts.filter(({ isUsed }) => isUsed);
  const count = first === undefined ? 'no interface' : `one interface only, ${first.interface.name},`;
  return [
    ...missing.map((name) => `${name}: there is no such interface here now`),
    ...(others.length === 0 ? [`${count} can carry the tunnel here now; rengarde helps from two on`] : []),
  ];
}

/** About a tunnel whose addresses are somebody else's too. */
export function overlapWarnings(
  { tunnel, interfaceName }: NewWireguard,
  { interfaces }: Pick<Facts, 'interfaces'>,
): string[] {
  return interfaces
    .filter(({ name }) => name !== interfaceName)
    .flatMap(({ name, addresses }) => addresses.map((address) => ({ name, ...address })))
    .flatMap(({ name, address, prefixLength, family }) => {
      const subnet = tunnel.find(
        (one) => isIP(one.address) === family && overlap(one, { address, prefixLength }),
      );
      if (subnet === undefined) return [];
      const taken = `${formatSubnet(subnet)}: ${name} has ${address}/${prefixLength}`;
      return [`${taken}; choose another net for the tunnel: --tunnel`];
    });
}
