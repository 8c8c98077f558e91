/**
 * Padding of packets to 16 bytes, and finding a packet's own length again from its IP header.
 * Source: WireGuard white paper, section 5.4.6; RFC 791 (total length), RFC 8200 (payload length).
 */

const PADDING_MULTIPLE = 16;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;

/** The length to which a packet of this many bytes is padded. */
export function paddedLength(lengthBytes: number): number {
  return Math.ceil(lengthBytes / PADDING_MULTIPLE) * PADDING_MULTIPLE;
}

/**
 * How many of these bytes are packet and not padding. What isn't IPv4 or IPv6 has no length of its own and
 * counts whole. -1 when an IP header is cut or claims more bytes than there are.
 */
export function unpaddedLength(padded: Uint8Array): number {
  const version = (padded[0] ?? 0) >> 4;
  if (version !== 4 && version !== 6) return padded.length;
  const headerBytes = version === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  if (padded.length < headerBytes) return -1;
  const lengthBytes =
    version === 4 ? (padded[2]! << 8) | padded[3]! : ((padded[4]! << 8) | padded[5]!) + IPV6_HEADER_BYTES;
  return lengthBytes >= headerBytes && lengthBytes <= padded.length ? lengthBytes : -1;
}
