/**
 * The interfaces there are now: from netlink where the FFI serves, else from Node.
 * Which of them are used is for select.ts; when they change, for watch.ts.
 */
import { interfacesFromNetlink } from './from-netlink.ts';
import { interfacesFromNode } from './from-node.ts';
import type { NetworkInterface } from './interface.ts';
import { netlink } from './netlink.ts';
import * as sysfs from './sysfs.ts';

let hasNetlinkServed = false;

/** All interfaces, those without an address too. Some 0.3 ms. Throws when the system refuses to list them. */
export function listInterfaces(): NetworkInterface[] {
  if (netlink !== undefined) {
    try {
      const interfaces = interfacesFromNetlink(netlink.dumpLinks(), netlink.dumpAddresses(), sysfs);
      hasNetlinkServed = true;
      return interfaces;
    } catch (error) {
      // The two sources differ about links that are down: changing over on a passing fault would close paths.
      if (hasNetlinkServed) throw error;
    }
  }
  return interfacesFromNode();
}
