/*
 * The WireGuard files of a plan: new ones with keys made here, or a changed copy of an existing one, or none.
 */
import { type Adopted, changeClient, changeServer } from './adopt.ts';
import type { Answers, ExistingWireguard, Facts, Host, NewWireguard } from './answers.ts';
import { InitError } from './init-error.ts';
import type { PlannedFile } from './plan.ts';
import { clientWireguardText, serverWireguardText, type TunnelPlan } from './wireguard-file.ts';

/** The files, and what the rest of the plan needs to know of them. */
export interface WireguardPart {
  readonly files: readonly PlannedFile[];
  readonly serverPublicKey?: string;
  readonly tunnel?: TunnelPlan;
  readonly ownPublicKey?: string;
  readonly isChanged?: boolean;
}

/** @param adopted what an existing file tells
 * @throws {InitError} when keys are missing or none */
export function wireguardFiles(
  answers: Answers,
  facts: Facts,
  adopted: Adopted | undefined,
  mtuBytes: number,
): WireguardPart {
  const { wireguard } = answers;
  switch (wireguard.kind) {
    case 'new':
      return newFiles(answers, wireguard, facts, mtuBytes);
    case 'existing':
      return changedFile(answers, wireguard, adopted!, mtuBytes);
    case 'none':
      return {
        files: [],
        ...(wireguard.serverPublicKey !== undefined && { serverPublicKey: wireguard.serverPublicKey }),
      };
  }
}

/** Both hosts' with keys made here, or this host's only, whose private key then never leaves it. */
function newFiles(answers: Answers, wireguard: NewWireguard, facts: Facts, mtuBytes: number): WireguardPart {
  const { role } = answers;
  const { tunnel: subnets, clientNumber, listenPort, peerPublicKey } = wireguard;
  const tunnel = { tunnel: subnets, clientNumber, mtuBytes };
  const path = `${wireguard.interfaceName}.conf`;
  const endpoint = `127.0.0.1:${answers.clientPort}`;
  const file = (host: Host, text: string): PlannedFile => ({ host, path, text, isSecret: true });
  const own = facts.newKeys();
  if (role === 'server') {
    const text = serverWireguardText(tunnel, own, listenPort, peerPublicKey);
    return {
      files: [file('server', text)],
      serverPublicKey: own.publicKey,
      ownPublicKey: own.publicKey,
      tunnel,
    };
  }
  if (role === 'client') {
    if (peerPublicKey === undefined) {
      throw new InitError(
        "Cannot make the client's WireGuard file without the server's public key, want --peer-public-key; " +
          '"rengarde init --role server --with-wireguard" prints it there, or leave out --role to make both hosts\' files here',
      );
    }
    const text = clientWireguardText(tunnel, own, peerPublicKey, endpoint);
    return {
      files: [file('client', text)],
      serverPublicKey: peerPublicKey,
      ownPublicKey: own.publicKey,
      tunnel,
    };
  }
  const other = facts.newKeys();
  const files = [
    file('client', clientWireguardText(tunnel, own, other.publicKey, endpoint)),
    file('server', serverWireguardText(tunnel, other, listenPort, own.publicKey)),
  ];
  return { files, serverPublicKey: other.publicKey, tunnel };
}

function changedFile(
  { clientPort, mtuBytes: wantedBytes }: Answers,
  existing: ExistingWireguard,
  adopted: Adopted,
  mtuBytes: number,
): WireguardPart {
  const isMtuWanted = wantedBytes !== undefined;
  const change =
    existing.host === 'client'
      ? changeClient(existing, `127.0.0.1:${clientPort}`, mtuBytes, isMtuWanted)
      : changeServer(existing, mtuBytes, isMtuWanted);
  const { serverPublicKey } = adopted;
  const known = serverPublicKey === undefined ? {} : { serverPublicKey };
  if (!change.isChanged) return { ...known, files: [], isChanged: false };
  const { text, diff } = change;
  const path = `${adopted.interfaceName}.conf`;
  return { ...known, files: [{ host: existing.host, path, text, diff, isSecret: true }], isChanged: true };
}
