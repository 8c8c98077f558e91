/** A virtual network with real WireGuard endpoints and real relays, for tests of the packet path. */

export { expectNothingLost } from './expect-nothing-lost.ts';
export type { LinkQuality } from './link.ts';
export { Random } from './random.ts';
export { type ClientLink, type ClientSettings, SimClient } from './sim-client.ts';
export { type ServerSettings, SimServer } from './sim-server.ts';
export { addressOf, linksOf, THREE_LINKS, World } from './world.ts';
