/** Which network interfaces there are, of what kind, which carry copies and why others do not, and changes. */
export type { InterfaceAddress, InterfaceKind, NetworkInterface } from './interface.ts';
export { listInterfaces } from './list.ts';
export { chooseAddress, type Selection, selectInterfaces, type Verdict } from './select.ts';
export { type InterfaceWatch, watchInterfaces } from './watch.ts';
