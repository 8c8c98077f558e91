/**
 * Which interfaces carry copies, and for the others why not. Pure: the lists come from engarde.yml.
 * A link that is down or without carrier stays in: its socket survives and carries again by itself.
 */
import type { InterfaceKind, NetworkInterface } from './interface.ts';

export interface Selection {
  /** Patterns of names never used. */
  readonly excluded: readonly string[];
  /** Plain patterns: nothing else is used. `+pattern`: used as well, even if its kind is left out by default. */
  readonly included: readonly string[];
  /** Names that somebody excluded or included while running; outdoes both lists and the defaults. */
  readonly runtime?: ReadonlyMap<string, 'exclude' | 'include'>;
}

export interface Verdict {
  readonly interface: NetworkInterface;
  readonly isUsed: boolean;
  /** For people; empty when used. */
  readonly reason: string;
  /** Absent when used, and when it is left out only for want of an address. */
  readonly excludedBy?: 'file' | 'runtime' | 'default';
}

/** Using these would send the tunnel's packets through the tunnel, or to the machine's own guests. */
const LEFT_OUT: Partial<Record<InterfaceKind, string>> = {
  loopback: 'loopback',
  wireguard: 'WireGuard interface',
  bridge: 'bridge',
  container: 'container interface',
};

/**
 * One verdict per interface, in the order given. What a pattern in `included` names is used whatever its
 * kind, `excluded` outdoes `included`, and `runtime` outdoes both.
 * @param matches makes a list of patterns into a test for a name
 */
export function selectInterfaces(
  interfaces: readonly NetworkInterface[],
  selection: Selection,
  matches: (patterns: readonly string[]) => (name: string) => boolean,
): Verdict[] {
  const plain = selection.included.filter((pattern) => !pattern.startsWith('+'));
  const added = selection.included.filter((pattern) => pattern.startsWith('+'));
  const isExcluded = matches(selection.excluded);
  const isIncluded = matches([...plain, ...added.map((pattern) => pattern.slice(1))]);

  return interfaces.map((networkInterface): Verdict => {
    const { name } = networkInterface;
    const leaveOut = (excludedBy: 'file' | 'runtime' | 'default', reason: string): Verdict => {
      return { interface: networkInterface, isUsed: false, reason, excludedBy };
    };
    const wish = selection.runtime?.get(name);
    if (wish === 'exclude') return leaveOut('runtime', 'excluded until the next start');
    if (wish === 'include') {
      const reason = whyIdle(networkInterface);
      return { interface: networkInterface, isUsed: reason === '', reason };
    }
    if (isExcluded(name)) return leaveOut('file', 'excluded in engarde.yml');
    if (!isIncluded(name)) {
      if (plain.length > 0) return leaveOut('file', 'not in includedInterfaces');
      const reason = whyLeftOut(networkInterface);
      if (reason !== undefined) return leaveOut('default', reason);
    }
    const reason = whyIdle(networkInterface);
    return { interface: networkInterface, isUsed: reason === '', reason };
  });
}

/**
 * The address to send from: `current` while it is still usable and no other is to take its place, else the best of the
 * family; undefined when there is none.
 */
export function chooseAddress(
  networkInterface: NetworkInterface,
  family: 4 | 6,
  current?: string,
): string | undefined {
  const usable = networkInterface.addresses.filter((address) => address.usable && address.family === family);
  const [best] = usable; // preferred ones come first
  const kept = usable.find(({ address }) => address === current);
  return (kept?.isDeprecated === best?.isDeprecated ? (kept ?? best) : best)?.address;
}

function whyLeftOut({ kind, bridge }: NetworkInterface): string | undefined {
  return LEFT_OUT[kind] ?? (bridge !== undefined ? `port of bridge ${bridge}` : undefined);
}

/** "" when a socket can be bound. */
function whyIdle({ addresses, isUp }: NetworkInterface): string {
  if (addresses.some(({ usable }) => usable)) return '';
  if (!isUp) return 'down, no usable address';
  const found = [...new Set(addresses.map(({ why }) => why))];
  return found.length > 0 ? `no usable address (only ${found.join(', ')})` : 'no usable address';
}
