/*
 * From flags to answers; what no flag says is asked where there is somebody to ask. How questions look on a
 * terminal is the asker's business, what follows from the answers is plan.ts's.
 */
import { compileGlobs } from '../config/index.ts';
import { selectInterfaces } from '../interfaces/index.ts';
import { parseServerAddress, SERVER_PORT } from './addresses.ts';
import { endpointOf, hostOf } from './adopt.ts';
import type { Answers, ExistingWireguard, Facts, Host } from './answers.ts';
import type { Asker } from './asker.ts';
import { checkFlags, type Flags } from './flags.ts';
import { InitError } from './init-error.ts';
import { freeTunnelNet, parseTunnelNet, type Subnet } from './tunnel-net.ts';
import { isWireguardKey, parseWgQuick, type WgQuickFile } from './wg-quick.ts';

const DEFAULT_TUNNEL = '10.20.0.0/24';

/** What questions are about, besides the facts. */
export interface Surroundings extends Facts {
  /** Reads a wg-quick file. @throws {InitError} when it cannot */
  readonly read: (file: string) => Promise<string>;
  /** wg-quick files that may be meant. */
  readonly candidates: readonly string[];
}

/**
 * @param ask absent: what no flag says has its default
 * @throws {InitError} when a flag is wrong, or missing and there is nobody to ask
 */
export async function completeAnswers(flags: Flags, here: Surroundings, ask?: Asker): Promise<Answers> {
  const checked = checkFlags(flags);
  const kind = await wireguardKind(flags, ask);
  const file = kind === 'existing' ? await existingFile(flags, here, ask) : undefined;
  const role = checked.role ?? (await askRole(file, ask));
  const host: Host = role === 'both' ? 'client' : role;
  const server = checked.server ?? (await askServer(serverOf(file, host, flags), ask));
  const { wireguardPort: listenPort, interfaceName, peerPublicKey } = checked;

  async function wireguard(): Promise<Answers['wireguard']> {
    const peer = peerPublicKey === undefined ? {} : { peerPublicKey };
    if (file !== undefined)
      return { kind: 'existing', file, host, listenPort, ...peer } satisfies ExistingWireguard;
    if (kind !== 'new') {
      const key = peerPublicKey === undefined || role === 'server' ? {} : { serverPublicKey: peerPublicKey };
      return { kind: 'none', interfaceName, listenPort, ...key };
    }
    const asked = role === 'client' ? (peerPublicKey ?? (await askPeerKey(ask))) : peerPublicKey;
    const tunnel = checked.tunnel ?? (await askTunnel(role === 'client' ? undefined : here, ask));
    const { clientNumber } = checked;
    return {
      kind: 'new',
      interfaceName,
      listenPort,
      tunnel,
      clientNumber,
      ...(asked !== undefined && { peerPublicKey: asked }),
    };
  }

  const isClientHere = role !== 'server';
  const answers = { role, server, clientPort: checked.clientPort, wireguard: await wireguard() };
  const { used, overrides } = checked;
  const excluded =
    isClientHere && used.length + checked.excluded.length + overrides.length === 0
      ? await askExcluded(here, interfaceNameOf(answers.wireguard), ask)
      : checked.excluded;
  return {
    ...answers,
    excluded,
    used,
    overrides,
    ...(checked.mtuBytes !== undefined && { mtuBytes: checked.mtuBytes }),
  };
}

async function wireguardKind(flags: Flags, ask: Asker | undefined): Promise<'new' | 'existing' | 'none'> {
  if (flags.wireguard !== undefined) return 'existing';
  if (flags.withWireguard === true) return 'new';
  if (ask === undefined) return 'none';
  return ask.choose('WireGuard on this host:', [
    { value: 'new', name: 'There is none yet: make its files and keys' },
    { value: 'existing', name: 'There is one: read its file, and change it in a copy' },
    { value: 'none', name: 'I set it up myself: engarde.yml only' },
  ]);
}

async function existingFile(flags: Flags, here: Surroundings, ask: Asker | undefined): Promise<WgQuickFile> {
  const name = flags.wireguard ?? (await ask!.text("WireGuard's file:", () => true, here.candidates[0]));
  return parseWgQuick(await here.read(name), name);
}

/** A server's file says where it is; without one, both hosts' files are made unless somebody says no. */
async function askRole(file: WgQuickFile | undefined, ask: Asker | undefined): Promise<Answers['role']> {
  if (file !== undefined && hostOf(file) === 'server') return 'server';
  if (ask === undefined) return 'both';
  return ask.choose('Which files do you need?', [
    { value: 'both', name: "Both hosts': this one is the client, the side with several links" },
    { value: 'client', name: "This host's only: it is the client" },
    { value: 'server', name: "This host's only: it is the server" },
  ]);
}

/** Where a client's file says that its server is. */
function serverOf(file: WgQuickFile | undefined, host: Host, { peerPublicKey }: Flags): string | undefined {
  if (file === undefined || host === 'server') return undefined;
  const endpoint = endpointOf(file, peerPublicKey);
  return endpoint === undefined || endpoint.host.startsWith('127.') ? undefined : endpoint.host;
}

async function askServer(known: string | undefined, ask: Asker | undefined): Promise<Answers['server']> {
  if (ask === undefined && known !== undefined) return { host: known, port: SERVER_PORT };
  if (ask === undefined) {
    throw new InitError(
      "Cannot write engarde.yml without the server's public address, want --server HOST or --server HOST:PORT",
    );
  }
  const check = (text: string) => {
    const parsed = parseServerAddress(text.trim());
    return typeof parsed === 'string' ? `Want ${parsed}` : true;
  };
  const text = await ask.text(`The server's public address, with :PORT if not ${SERVER_PORT}:`, check, known);
  return parseServerAddress(text.trim()) as Answers['server'];
}

/** Undefined when there is nobody to ask: what follows names the flag. */
async function askPeerKey(ask: Asker | undefined): Promise<string | undefined> {
  const check = (text: string) =>
    isWireguardKey(text.trim()) || 'Want 44 characters; "rengarde init --role server" prints it there';
  return (await ask?.text("The public key of the server's WireGuard:", check))?.trim();
}

/** @param here where the net must not be taken; absent: the server has chosen it */
async function askTunnel(here: Surroundings | undefined, ask: Asker | undefined): Promise<readonly Subnet[]> {
  const free = here === undefined ? DEFAULT_TUNNEL : freeTunnelNet(here.interfaces);
  const check = (text: string) => {
    const parsed = parseTunnelNet(text);
    return typeof parsed === 'string' ? `Want ${parsed}` : true;
  };
  const text = ask === undefined ? free : await ask.text('Addresses inside of the tunnel:', check, free);
  return parseTunnelNet(text) as Subnet[];
}

/** All usable links are offered; those not taken are excluded. */
async function askExcluded(here: Facts, wireguardName: string, ask: Asker | undefined): Promise<string[]> {
  const selection = { excluded: [wireguardName], included: [] };
  const links = selectInterfaces(here.interfaces, selection, compileGlobs).filter(({ isUsed }) => isUsed);
  if (ask === undefined || links.length < 2) return [];
  const choices = links.map(({ interface: { name, kind, addresses } }) => ({
    value: name,
    name: `${name} (${kind}, ${addresses.find(({ usable }) => usable)?.address ?? 'no address'})`,
  }));
  const chosen = await ask.chooseSome('Links that may carry the tunnel:', choices);
  return choices.map(({ value }) => value).filter((name) => !chosen.includes(name));
}

function interfaceNameOf(wireguard: Answers['wireguard']): string {
  return wireguard.kind === 'existing' ? nameOf(wireguard.file) : wireguard.interfaceName;
}

function nameOf({ file }: WgQuickFile): string {
  return file.replace(/^.*\//, '').replace(/\.conf$/, '');
}
