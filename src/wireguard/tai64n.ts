/**
 * TAI64N timestamps: in every initiation, so that a responder can refuse one that it has already seen.
 * They only need to grow; leap seconds are left out, as every implementation of WireGuard does.
 * Source: D. J. Bernstein, "TAI64, TAI64N, and TAI64NA"; WireGuard white paper, section 5.1.
 */

/** Bytes in a timestamp. Its bytes compare as the times do. */
export const TIMESTAMP_BYTES = 12;

// 2^62 marks 1970 in TAI64 and TAI was 10 s ahead of UTC then; the 2^62 is the top byte's 0x40.
const TAI64_MARK = 0x4000_0000;
const TAI_OFFSET_S = 10;

/** The timestamp for a wall-clock time in ms since 1970, fractions included. */
export function tai64n(wallMs: number): Uint8Array {
  const seconds = Math.floor(wallMs / 1000) + TAI_OFFSET_S;
  const nanoseconds = Math.min(999_999_999, Math.floor((wallMs - Math.floor(wallMs / 1000) * 1000) * 1e6));
  const bytes = Buffer.alloc(TIMESTAMP_BYTES);
  bytes.writeUInt32BE(TAI64_MARK + Math.floor(seconds / 2 ** 32), 0);
  bytes.writeUInt32BE(seconds % 2 ** 32, 4);
  bytes.writeUInt32BE(nanoseconds, 8);
  return bytes;
}

/** The smallest timestamp after this one. */
export function nextTai64n(timestamp: Uint8Array): Uint8Array {
  const bytes = Buffer.from(timestamp);
  const nanoseconds = bytes.readUInt32BE(8);
  if (nanoseconds < 999_999_999) {
    bytes.writeUInt32BE(nanoseconds + 1, 8);
  } else {
    bytes.writeUInt32BE(0, 8);
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(0) + 1n, 0);
  }
  return bytes;
}
