/**
 * Which UDP ports are taken, and by which programs, from /proc. Another user's programs show only to root.
 * Source: proc(5), /proc/net/udp (addresses in the processor's byte order, 32 bits at a time).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { readAddressWords } from '../../net/index.ts';
import type { Holder, Role, UdpSocket } from '../facts.ts';

const MAPPED_WORD = 0xffff0000;
const LOCAL_ADDRESS = /^([0-9a-f]{8}|[0-9a-f]{32}):([0-9a-f]{4})$/i;
const PROGRAM = /^rengarde-(client|server)(?:\.js)?$/;

/** Sockets on one of the ports. */
export function readUdpSockets(ports: readonly number[]): UdpSocket[] {
  const listed = ['/proc/net/udp', '/proc/net/udp6'].flatMap((file) => parseTable(readText(file)));
  const wanted = listed.filter(({ port }) => ports.includes(port));
  const holders =
    wanted.length === 0 ? new Map<string, Holder>() : findHolders(wanted.map(({ inode }) => inode));
  return wanted.map(({ address, port, inode }) => {
    const holder = holders.get(inode);
    return { address, port, ...(holder !== undefined && { holder }) };
  });
}

/** Rows of /proc/net/udp or udp6. */
export function parseTable(text: string): { address: string; port: number; inode: string }[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const [, hexAddress, hexPort] = LOCAL_ADDRESS.exec(columns[1] ?? '') ?? [];
      const inode = columns[9];
      if (inode === undefined || hexAddress === undefined || hexPort === undefined) return [];
      return [{ address: addressOf(hexAddress), port: Number.parseInt(hexPort, 16), inode }];
    });
}

function addressOf(hex: string): string {
  const words = new Uint32Array(5);
  const found = (hex.match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16));
  words.set(found.length === 1 ? [0, 0, MAPPED_WORD, found[0]!] : found);
  return readAddressWords(words, 0).address;
}

function findHolders(inodes: readonly string[]): Map<string, Holder> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const holders = new Map<string, Holder>();
  for (const pid of listDirectory('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of listDirectory(`/proc/${pid}/fd`)) {
      const target = readLink(`/proc/${pid}/fd/${fd}`);
      if (wanted.has(target)) holders.set(target.slice('socket:['.length, -1), holderOf(Number(pid)));
    }
    if (holders.size === wanted.size) break;
  }
  return holders;
}

function holderOf(pid: number): Holder {
  const [command = '', script = ''] = readText(`/proc/${pid}/cmdline`).split('\0');
  const words = [basename(command), basename(script)];
  const role = words.map((word) => PROGRAM.exec(word)?.[1]).find((found) => found !== undefined);
  if (role !== undefined) return { pid, name: `rengarde-${role}`, role: role as Role };
  const isInterpreter = /^(node|python[\d.]*|perl|ruby|sh|bash)$/.test(words[0]!) && words[1] !== '';
  return { pid, name: (isInterpreter ? words[1] : words[0]) || readText(`/proc/${pid}/comm`).trim() };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // gone meanwhile, or no such table (IPv6 switched off): nothing to read there
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // another user's, or ended meanwhile: its sockets stay without a holder
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
