/**
 * Netlink's two envelopes, messages and attributes, taken apart without trusting a length in them. What the
 * payloads mean is for netlink-link.ts and netlink-address.ts. Nothing here throws: a length that cannot be
 * true ends the list there, and whoever wants a field that is not there gets undefined.
 * Source: netlink(7), rtnetlink(7); linux/netlink.h:
 *
 *     struct nlmsghdr { u32 nlmsg_len; u16 nlmsg_type; u16 nlmsg_flags; u32 nlmsg_seq; u32 nlmsg_pid; };
 *     struct nlattr   { u16 nla_len; u16 nla_type; };      both padded to 4 bytes
 *
 * Numbers are in the machine's order; every platform the FFI is built for is little-endian.
 */

export const MESSAGE_HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER share the type field. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** A view of the bytes given in, without the header. */
  readonly payload: Uint8Array;
}

/** The messages in one datagram, up to the first whose length cannot be true. */
export function splitMessages(datagram: Uint8Array): NetlinkMessage[] {
  const view = viewOf(datagram);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + MESSAGE_HEADER_BYTES <= datagram.length; ) {
    const length = view.getUint32(at, true);
    if (length < MESSAGE_HEADER_BYTES || length > datagram.length - at) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: datagram.subarray(at + MESSAGE_HEADER_BYTES, at + length),
    });
    at += padded(length);
  }
  return messages;
}

/** The attributes in `bytes` by type, up to the first whose length cannot be true; of twins the last. */
export function splitAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER_BYTES || length > bytes.length - at) break;
    const type = view.getUint16(at + 2, true) & ATTRIBUTE_TYPE_MASK;
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length));
    at += padded(length);
  }
  return attributes;
}

/** A DataView of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function readUint8(bytes: Uint8Array | undefined): number | undefined {
  return bytes?.[0];
}

export function readUint32(bytes: Uint8Array | undefined): number | undefined {
  return bytes !== undefined && bytes.length >= 4 ? viewOf(bytes).getUint32(0, true) : undefined;
}

export function readInt32(bytes: Uint8Array | undefined): number | undefined {
  return bytes !== undefined && bytes.length >= 4 ? viewOf(bytes).getInt32(0, true) : undefined;
}

/** Text up to the first zero byte, which need not be there; undefined when nothing is left. */
export function readText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)) || undefined;
}

const decoder = new TextDecoder();

function padded(length: number): number {
  return (length + 3) & ~3;
}
