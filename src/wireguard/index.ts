/**
 * WireGuard as this project needs it: message headers for the relay, mac1 for admission, and a small real
 * endpoint for demo, benchmarks and tests. Imports no other room.
 */

export { Endpoint, type EndpointOptions } from './endpoint.ts';
export type { EndpointCounters } from './endpoint-counters.ts';
export { generateKeyPair, publicKeyOf, type RawKeyPair } from './keys.ts';
export { hasValidMac1, mac1KeyOf, mac1Of } from './mac1.ts';
export {
  COOKIE_REPLY,
  counterHi,
  counterLo,
  HANDSHAKE_INITIATION,
  HANDSHAKE_INITIATION_BYTES,
  HANDSHAKE_RESPONSE,
  messageType,
  NOT_WIREGUARD,
  receiverIndex,
  senderIndex,
  TRANSPORT_DATA,
} from './messages.ts';
export type { EndpointTimers } from './timers.ts';
export { type UdpAddress, UdpEndpoint, type UdpEndpointOptions } from './udp-endpoint.ts';
