/** Builds netlink messages and attributes for tests, byte by byte as linux/netlink.h lays them out. */

export const u16 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
export const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
export const text = (value: string): number[] => [...new TextEncoder().encode(value), 0];

/** An attribute with its padding. */
export function attribute(type: number, value: readonly number[]): number[] {
  return padded([...u16(4 + value.length), ...u16(type), ...value]);
}

/** A message with its padding; the length in it is without. */
export function message(type: number, flags: number, sequence: number, payload: readonly number[]): number[] {
  return padded([
    ...u32(16 + payload.length),
    ...u16(type),
    ...u16(flags),
    ...u32(sequence),
    ...u32(0),
    ...payload,
  ]);
}

function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
}
