/**
 * IPv4 packets with an ICMP echo inside, made and answered by hand: what an in-process tunnel end says to the
 * kernel behind a real WireGuard. No options, no fragments.
 * Source: RFC 791 section 3.1, RFC 792 (echo), RFC 1071 (checksum).
 */

const ipHeaderBytes = 20;
const icmpHeaderBytes = 8;
const icmpProtocol = 1;
const echoRequestType = 8;
const echoReplyType = 0;

/** What an echo request says. */
export interface Echo {
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly payloadBytes: number;
}

/** A whole IPv4 packet, 28 bytes longer than the payload. */
export function echoRequest(echo: Echo): Buffer {
  const packet = Buffer.alloc(ipHeaderBytes + icmpHeaderBytes + echo.payloadBytes, 'rengarde');
  packet.fill(0, 0, ipHeaderBytes + icmpHeaderBytes);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = icmpProtocol;
  packet.set(echo.from.split('.').map(Number), 12);
  packet.set(echo.to.split('.').map(Number), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, ipHeaderBytes)), 10);
  packet[ipHeaderBytes] = echoRequestType;
  packet.writeUInt16BE(echo.sequence, ipHeaderBytes + 6);
  return withIcmpChecksum(packet);
}

/** The answer to an echo request; null when the packet is anything else. */
export function echoReplyTo(packet: Uint8Array): Buffer | null {
  if (!isIcmp(packet, echoRequestType)) return null;
  const reply = Buffer.from(packet);
  reply.set(packet.subarray(12, 16), 16);
  reply.set(packet.subarray(16, 20), 12);
  reply[ipHeaderBytes] = echoReplyType;
  return withIcmpChecksum(reply);
}

/** The sequence number of an undamaged echo reply; null when the packet is anything else. */
export function echoReplySequence(packet: Uint8Array): number | null {
  if (!isIcmp(packet, echoReplyType) || checksum(packet.subarray(ipHeaderBytes)) !== 0) return null;
  return (packet[ipHeaderBytes + 6]! << 8) | packet[ipHeaderBytes + 7]!;
}

function isIcmp(packet: Uint8Array, type: number): boolean {
  const isLongEnough = packet.length >= ipHeaderBytes + icmpHeaderBytes;
  return isLongEnough && packet[0] === 0x45 && packet[9] === icmpProtocol && packet[ipHeaderBytes] === type;
}

function withIcmpChecksum(packet: Buffer): Buffer {
  packet.writeUInt16BE(0, ipHeaderBytes + 2);
  packet.writeUInt16BE(checksum(packet.subarray(ipHeaderBytes)), ipHeaderBytes + 2);
  return packet;
}

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
