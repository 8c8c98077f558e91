/**
 * The clear-text header of a WireGuard message: its type, indices and counter, read in place.
 * Runs once per packet on the relay's hot path: numbers in, numbers out, nothing allocated, nothing thrown.
 * Proves nothing about authenticity: see mac1.ts for handshakes; data can only be judged by its endpoints.
 * Source: WireGuard white paper, section 5.4; Linux 6.x drivers/net/wireguard/messages.h and send.c.
 */

/** Not a WireGuard message. */
export const NOT_WIREGUARD = 0;
/** Handshake initiation, 148 bytes. */
export const HANDSHAKE_INITIATION = 1;
/** Handshake response, 92 bytes. */
export const HANDSHAKE_RESPONSE = 2;
/** Cookie reply, 64 bytes. */
export const COOKIE_REPLY = 3;
/** Transport data, 32 bytes (a keepalive) or more. */
export const TRANSPORT_DATA = 4;

export const HANDSHAKE_INITIATION_BYTES = 148;
export const HANDSHAKE_RESPONSE_BYTES = 92;
export const COOKIE_REPLY_BYTES = 64;
/** Bytes before the encrypted packet: type, receiver index, counter. */
export const TRANSPORT_HEADER_BYTES = 16;
/** Header and authentication tag around an empty packet: the shortest transport message, a keepalive. */
export const TRANSPORT_MIN_BYTES = 32;

/** Where both handshake messages end in two MACs of 16 bytes each. */
export const MAC_BYTES = 16;

const HEADER_BYTES = 4;

/**
 * The type of the message at `offset`, by its first four bytes and `lengthBytes`; NOT_WIREGUARD when the two
 * don't fit together, a reserved byte is set, or the view ends before the message does.
 *
 * Transport data may have any length from 32 bytes: the padding to 16 stops at the sender's MTU, so that with
 * the usual MTU of 1,420 every full packet is 1,452 bytes, which is no multiple of 16.
 */
export function messageType(view: DataView, offset: number, lengthBytes: number): number {
  if (lengthBytes < TRANSPORT_MIN_BYTES || offset < 0 || offset + lengthBytes > view.byteLength) {
    return NOT_WIREGUARD;
  }
  // Little-endian, so a u32 equal to the type says that the three reserved bytes are zero.
  switch (view.getUint32(offset, true)) {
    case TRANSPORT_DATA:
      return TRANSPORT_DATA;
    case HANDSHAKE_INITIATION:
      return lengthBytes === HANDSHAKE_INITIATION_BYTES ? HANDSHAKE_INITIATION : NOT_WIREGUARD;
    case HANDSHAKE_RESPONSE:
      return lengthBytes === HANDSHAKE_RESPONSE_BYTES ? HANDSHAKE_RESPONSE : NOT_WIREGUARD;
    case COOKIE_REPLY:
      return lengthBytes === COOKIE_REPLY_BYTES ? COOKIE_REPLY : NOT_WIREGUARD;
    default:
      return NOT_WIREGUARD;
  }
}

/**
 * The index that the sender of this initiation or response chose for itself. Only for those two types.
 *
 * Indices are 32 random bits. They are signed numbers everywhere here: of unsigned ones half would be too large for a
 * word of V8's, and so an object to collect wherever one is passed on.
 */
export function senderIndex(view: DataView, offset: number): number {
  return view.getInt32(offset + HEADER_BYTES, true);
}

/**
 * The index that the receiver chose for itself, signed too. Only for a response, cookie reply or transport message,
 * with `type` as messageType() found it.
 */
export function receiverIndex(view: DataView, offset: number, type: number): number {
  return view.getInt32(offset + (type === HANDSHAKE_RESPONSE ? 8 : HEADER_BYTES), true);
}

/** The low 32 bits of a transport message's counter. */
export function counterLo(view: DataView, offset: number): number {
  return view.getUint32(offset + 8, true);
}

/** The high 32 bits of a transport message's counter. */
export function counterHi(view: DataView, offset: number): number {
  return view.getUint32(offset + 12, true);
}
