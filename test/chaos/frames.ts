/**
 * Ethernet frames with UDP over IPv4 or IPv6 inside, as far as a bad link needs to know them: find the payload, and
 * change it so that nobody notices: the checksums are right again afterwards.
 * Sources: RFC 791, RFC 768, RFC 1071, RFC 8200 (section 8.1: the same sum, over longer addresses).
 */
import type { Random } from '../simnet/random.ts';

const ethernetBytes = 14;
const typeIPv4 = 0x0800;
const typeIPv6 = 0x86dd;
const ipv6HeaderBytes = 40;
const udpHeaderBytes = 8;
const protocolUdp = 17;
/** More fragments, or a fragment offset: then the UDP header is elsewhere. */
const fragmentBits = 0x3fff;

/** Where the UDP header begins; -1 for everything else, fragments and other extension headers included. */
export function udpAt(frame: Buffer): number {
  if (frame.length < ethernetBytes + 20) return -1;
  const at = isIPv6(frame) ? udpAtInIPv6(frame) : udpAtInIPv4(frame);
  return frame.length >= at + udpHeaderBytes ? at : -1;
}

function udpAtInIPv4(frame: Buffer): number {
  if (frame.readUInt16BE(12) !== typeIPv4 || frame[ethernetBytes + 9] !== protocolUdp) return -1;
  if ((frame.readUInt16BE(ethernetBytes + 6) & fragmentBits) !== 0) return -1;
  return ethernetBytes + (frame[ethernetBytes]! & 15) * 4;
}

function udpAtInIPv6(frame: Buffer): number {
  return frame[ethernetBytes + 6] === protocolUdp ? ethernetBytes + ipv6HeaderBytes : -1;
}

function isIPv6(frame: Buffer): boolean {
  return frame.readUInt16BE(12) === typeIPv6;
}

/** A copy with one to four bytes of the UDP payload changed and a right checksum; `at` as from `udpAt`. */
export function corrupted(frame: Buffer, at: number, random: Random): Buffer {
  const copy = Buffer.from(frame);
  const payloadAt = at + udpHeaderBytes;
  const lengthBytes = frame.readUInt16BE(at + 4) - udpHeaderBytes;
  for (let left = 1 + random.whole(4); left > 0 && lengthBytes > 0; left -= 1) {
    copy[payloadAt + random.whole(lengthBytes)]! ^= 1 + random.whole(255);
  }
  copy.writeUInt16BE(0, at + 6);
  copy.writeUInt16BE(udpChecksum(copy, at), at + 6);
  return copy;
}

/** Of the pseudo header, the header as it is (so with 0 in the field to fill it) and the payload. */
export function udpChecksum(frame: Buffer, at: number): number {
  const lengthBytes = frame.readUInt16BE(at + 4);
  let sum = protocolUdp + lengthBytes;
  const [addressesAt, addressBytes] = isIPv6(frame) ? [8, 32] : [12, 8];
  for (let i = 0; i < addressBytes; i += 2) sum += frame.readUInt16BE(ethernetBytes + addressesAt + i);
  for (let i = 0; i + 1 < lengthBytes; i += 2) sum += frame.readUInt16BE(at + i);
  if (lengthBytes % 2 === 1) sum += frame[at + lengthBytes - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff || 0xffff;
}
