/*
 * From answers to files: what each will hold, what to warn of, what comes next. Pure but for the keys, which
 * the caller makes; writing is write-set.ts's, the words for the next steps are next-steps.ts's.
 */
import { isIP } from 'node:net';
import { compileGlobs, formatHostPort } from '../config/index.ts';
import { selectInterfaces, type Verdict } from '../interfaces/index.ts';
import { listenAddressFor } from './addresses.ts';
import { readExisting } from './adopt.ts';
import type { Answers, Facts, Host } from './answers.ts';
import { checkAnswers, linkWarnings, mtuWarnings, overlapWarnings } from './contradictions.ts';
import { clientFileText, serverFileText } from './engarde-file.ts';
import { fullTunnelWarning } from './full-tunnel.ts';
import { tunnelMtu } from './mtu.ts';
import type { DiffLine } from './wg-quick-edit.ts';
import type { TunnelPlan } from './wireguard-file.ts';
import { wireguardFiles } from './wireguard-part.ts';

/** A file to write or, when it is the other host's, to print. */
export interface PlannedFile {
  readonly host: Host;
  /** Relative to the output directory. */
  readonly path: string;
  readonly text: string;
  /** Only its owner may read it. */
  readonly isSecret: boolean;
  /** Against the existing file that it is a changed copy of. */
  readonly diff?: readonly DiffLine[];
}

/** What a run would do. */
export interface Plan {
  readonly written: readonly PlannedFile[];
  readonly printed: readonly PlannedFile[];
  readonly warnings: readonly string[];
  /** For the next steps. */
  readonly outcome: Outcome;
}

/** What the files agree on. */
export interface Outcome {
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly mtuBytes: number;
  /** With new WireGuard files. */
  readonly tunnel?: TunnelPlan;
  /** This host's, with `role` client or server and new WireGuard files. */
  readonly ownPublicKey?: string;
  /** With an existing file: whether it needs the changed copy. */
  readonly isChanged?: boolean;
}

/** @throws {InitError} when the answers contradict each other or the existing file */
export function planFiles(answers: Answers, facts: Facts): Plan {
  const { wireguard, role } = answers;
  const adopted = wireguard.kind === 'existing' ? readExisting(wireguard) : undefined;
  const interfaceName = wireguard.kind === 'existing' ? adopted!.interfaceName : wireguard.interfaceName;
  const listenPort = adopted?.listenPort ?? wireguard.listenPort;
  checkAnswers(answers, listenPort, interfaceName);

  const excluded = [interfaceName, ...answers.excluded.filter((name) => name !== interfaceName)];
  const verdicts = selectInterfaces(facts.interfaces, { excluded, included: answers.used }, compileGlobs);
  const links = verdicts.filter(({ isUsed }) => isUsed).map((verdict) => verdict.interface);
  const hasIpv6 =
    adopted?.hasIpv6 ?? (wireguard.kind === 'new' && wireguard.tunnel.some((one) => isIP(one.address) === 6));
  const linkMtusBytes = links.map(({ mtu }) => mtu);
  const fitting = tunnelMtu(linkMtusBytes, hasIpv6);
  const mtuBytes = answers.mtuBytes ?? fitting.mtuBytes;
  const wg = wireguardFiles(answers, facts, adopted, mtuBytes);

  const client = clientFile(answers, facts, excluded, verdicts);
  const server = serverFile(answers, facts, listenPort, wg.serverPublicKey);
  const all = [client, server, ...wg.files].sort((one, other) => one.host.localeCompare(other.host));
  return {
    written:
      role === 'both'
        ? all.map((file) => ({ ...file, path: `${file.host}/${file.path}` }))
        : all.filter(({ host }) => host === role),
    printed: role === 'both' ? [] : all.filter(({ host }) => host !== role),
    warnings: [
      ...mtuWarnings(answers, fitting),
      ...linkWarnings(answers, facts, verdicts),
      ...(adopted === undefined ? [] : fullTunnelWarning(adopted, answers.server, links)),
      ...(adopted?.savesConfig === true && wg.isChanged === true ? [saveConfigWarning(interfaceName)] : []),
      ...(wireguard.kind === 'new' ? overlapWarnings(wireguard, facts) : []),
    ],
    outcome: {
      interfaceName,
      listenPort,
      mtuBytes,
      ...(wg.tunnel !== undefined && { tunnel: wg.tunnel }),
      ...(wg.ownPublicKey !== undefined && { ownPublicKey: wg.ownPublicKey }),
      ...(wg.isChanged !== undefined && { isChanged: wg.isChanged }),
    },
  };
}

function clientFile(
  { role, clientPort, server, used, overrides }: Answers,
  { hostName }: Facts,
  excluded: readonly string[],
  verdicts: readonly Verdict[],
): PlannedFile {
  const text = clientFileText({
    description: role === 'server' ? 'Client' : hostName,
    listenAddr: `127.0.0.1:${clientPort}`,
    dstAddr: formatHostPort(server),
    excluded,
    included: used,
    overrides: overrides.map(({ ifName, dstAddr }) => ({ ifName, dstAddr: formatHostPort(dstAddr) })),
    found: role === 'server' ? [] : table(verdicts),
  });
  return { host: 'client', path: 'engarde.yml', text, isSecret: false };
}

function serverFile(
  { role, server, overrides }: Answers,
  { hostName }: Facts,
  listenPort: number,
  publicKey: string | undefined,
): PlannedFile {
  const isOneAddress = overrides.length === 0;
  const text = serverFileText({
    description: role === 'server' ? hostName : 'Server',
    listenAddr: isOneAddress ? listenAddressFor(server) : `:${server.port}`,
    dstAddr: `127.0.0.1:${listenPort}`,
    ...(publicKey !== undefined && { wireguardPublicKey: publicKey }),
  });
  return { host: 'server', path: 'engarde.yml', text, isSecret: false };
}

function saveConfigWarning(name: string): string {
  return `SaveConfig is true: run "wg-quick down ${name}" before you put the new file in place, else it is overwritten with the old one`;
}

/** As aligned lines: name, kind, addresses, and what becomes of it. */
function table(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map(({ interface: { name, kind, addresses }, isUsed, reason }) => {
    const usable = addresses.filter((one) => one.usable).map((one) => one.address);
    return [name, kind, usable.join(' ') || '-', isUsed ? 'used' : `not used: ${reason}`];
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
