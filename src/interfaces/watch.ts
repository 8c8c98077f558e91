/**
 * Tells when the interfaces changed: at once when the kernel announces it, within 100 ms where it does not.
 * An announcement says only that something happened; what is different shows a fresh list.
 */
import { nodeFingerprint } from './from-node.ts';
import type { NetworkInterface } from './interface.ts';
import { listInterfaces } from './list.ts';
import { netlink } from './netlink.ts';
import { Relist } from './relist.ts';

/** Node's own list needs some 50 us: 0.05 % of a core. */
const POLL_INTERVAL_MS = 100;
/** For what is never announced, and for what an overflowing netlink socket lost. */
const SLOW_INTERVAL_MS = 5000;

export interface InterfaceWatch {
  /** No callback comes after this. */
  close(): void;
}

/**
 * Calls `onChange` with the whole list when it differs from the one before; the first comparison is with the
 * list at the time of this call, so nothing is missed by whoever calls listInterfaces() right *after* it.
 * `onFault` hears, once per fault, that notification ended (polling takes over) or that listing fails (the
 * last list stands). Keeps the process alive until closed.
 */
export function watchInterfaces(
  onChange: (interfaces: NetworkInterface[]) => void,
  onFault: (message: string) => void = () => {},
): InterfaceWatch {
  const relist = new Relist({ list: listInterfaces, onChange, onFault });
  const slow = setInterval(() => relist.look(), SLOW_INTERVAL_MS);
  let source = notification(() => relist.signal(), onFault);
  return {
    close: () => {
      clearInterval(slow);
      relist.close();
      source.close();
    },
  };

  function notification(onEvent: () => void, onFault: (message: string) => void): InterfaceWatch {
    if (netlink === undefined) return poll(onEvent);
    try {
      return netlink.watchNetlink(onEvent, (message) => {
        onFault(`${message}; looking every ${POLL_INTERVAL_MS} ms instead`);
        source = poll(onEvent);
      });
    } catch (error) {
      onFault(`${(error as Error).message}; looking every ${POLL_INTERVAL_MS} ms instead`);
      return poll(onEvent);
    }
  }
}

function poll(onEvent: () => void): InterfaceWatch {
  let last = '';
  const timer = setInterval(() => {
    const now = fingerprint();
    if (now !== last) onEvent();
    last = now;
  }, POLL_INTERVAL_MS);
  return { close: () => clearInterval(timer) };
}

function fingerprint(): string {
  try {
    return nodeFingerprint();
  } catch {
    // Listing properly meets the same fault, and reports it.
    return 'fault';
  }
}
