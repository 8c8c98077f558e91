/** What the kernel's routing socket says: messages, attributes, devices, addresses, whole dumps. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { interfacesFromNetlink } from '../../../src/interfaces/from-netlink.ts';
import { SystemCallError } from '../../../src/linux/errors.ts';
import { parseAddress } from '../../../src/linux/netlink-address.ts';
import { readDump } from '../../../src/linux/netlink-dump.ts';
import { parseLink } from '../../../src/linux/netlink-link.ts';
import { attribute, message, text, u16, u32 } from '../../netlink-samples.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const EAGAIN = 11;
const NO_EVIDENCE = { isWireless: () => false, isModem: () => false, hasWireguardSocket: () => true };

export const target: Target = {
  what: 'answers of rtnetlink',
  run(bytes) {
    const input = new Input(bytes);
    const links = dumped(datagrams(input), 16, parseLink);
    const addresses = dumped(datagrams(input), 20, parseAddress);
    for (const { index, name } of links) assert(index > 0 && name !== '');
    for (const { address, family } of addresses) assert.equal(isIP(address), family);
    const interfaces = interfacesFromNetlink(links, addresses, NO_EVIDENCE);
    assert.equal(interfaces.length, links.length);
  },
  seeds() {
    const kind = attribute(18, [...attribute(1, text('veth')), ...attribute(4, text('bridge'))]);
    const link = [
      ...attribute(3, text('eth0')),
      ...attribute(4, u32(1500)),
      ...kind,
      ...attribute(10, u32(1)),
    ];
    const flags = [0, 0, ...u16(1), ...u32(1), ...u32(0x10049), ...u32(0)];
    const links = [...message(16, 2, 1, [...flags, ...link]), ...message(3, 2, 1, u32(0))];
    const v4 = [2, 24, 0x80, 0, ...u32(1), ...attribute(1, [192, 0, 2, 7]), ...attribute(8, u32(0x80))];
    const v6 = [10, 64, 0, 253, ...u32(1), ...attribute(1, [0xfe, 0x80, ...Array<number>(13).fill(0), 1])];
    const addresses = [...message(20, 2, 1, v4), ...message(20, 2, 1, v6), ...message(3, 2, 1, u32(0))];
    const failed = message(2, 0, 1, u32(0xffff_fff3));
    const parts = [links, addresses, failed].map((part) => [...u16(part.length), ...part]);
    return [
      [...parts[0]!, 0, 0, ...parts[1]!, 0, 0],
      [...parts[2]!, 0, 0],
    ].map((seed) => Buffer.from(seed));
  },
};

/** Datagrams behind their lengths, up to one of length zero. */
function datagrams(input: Input): Buffer[] {
  const found: Buffer[] = [];
  for (let length = input.u16(); length > 0; length = input.u16()) found.push(input.bytes(length));
  return found;
}

function dumped<T>(parts: Buffer[], wanted: number, parse: (payload: Uint8Array) => T | undefined): T[] {
  try {
    return readDump('Cannot list', () => parts.shift() ?? -EAGAIN, wanted, parse).items;
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    return [];
  }
}
