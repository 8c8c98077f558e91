/** Linux system calls through the FFI: the fast socket engine, netlink. Importing this needs 64-bit Linux and koffi. */
export { LinuxEngine, type LinuxEngineOptions } from './engine.ts';
export { SystemCallError } from './errors.ts';
export { giveBackFreedMemory } from './malloc.ts';
export type { LinkAddress } from './netlink-address.ts';
export { dumpAddresses, dumpLinks } from './netlink-dump.ts';
export type { Link } from './netlink-link.ts';
export { type NetlinkWatch, watchNetlink } from './netlink-watch.ts';
export { rehearse } from './rehearsal.ts';
export { sendUnixDatagram } from './unix-datagram.ts';
