/*
 * The MTU of the tunnel: what WireGuard makes of its longest packet must pass the narrowest link whole, as
 * rengarde adds nothing to it.
 * Source: wg-quick/linux.bash, which takes 80 off too: 40 IPv6, 8 UDP, 32 WireGuard's header and tag.
 */

/** What WireGuard and the headers below it add to a packet of the tunnel, over IPv6. */
export const WIREGUARD_OVERHEAD_BYTES = 80;
/** WireGuard's own choice over links of 1500 bytes, which is as much as the internet promises. */
const MAX_TUNNEL_MTU_BYTES = 1420;
/** RFC 8200 section 5: a link of IPv6 carries that much. */
const MIN_IPV6_MTU_BYTES = 1280;
/** RFC 791 section 3.1: what every IPv4 host accepts. */
const MIN_IPV4_MTU_BYTES = 576;

/** A tunnel's MTU, and whether the narrowest link is too narrow even for that. */
export interface TunnelMtu {
  readonly mtuBytes: number;
  readonly isTooLong: boolean;
}

/**
 * @param linkMtusBytes of the links that carry the tunnel; 0 is an unknown one
 * @param hasIpv6 whether IPv6 runs inside of the tunnel
 */
export function tunnelMtu(linkMtusBytes: readonly number[], hasIpv6: boolean): TunnelMtu {
  const narrowestBytes = Math.min(...linkMtusBytes.filter((bytes) => bytes > 0));
  const fittingBytes = Math.min(MAX_TUNNEL_MTU_BYTES, narrowestBytes - WIREGUARD_OVERHEAD_BYTES);
  const mtuBytes = Math.max(fittingBytes, hasIpv6 ? MIN_IPV6_MTU_BYTES : MIN_IPV4_MTU_BYTES);
  return { mtuBytes, isTooLong: mtuBytes > fittingBytes };
}
