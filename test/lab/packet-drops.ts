/**
 * Loses packets at random where they arrive on a path, and remembers which, by nftables: the account against
 * which the programs' own is checked. Knows a packet by WireGuard's index and counter (bytes 4 to 15).
 */
import type { Namespace } from './namespace.ts';
import { interfaceName, type Side, type Topology } from './topology.ts';

/** The kernel's set holds so many packets; further ones would not be dropped. */
const mostRemembered = 65_535;

export interface Drops {
  /** Packets that came to this end of the path, lost ones included. */
  readonly total: number;
  /** Index and counter of each lost one, in hexadecimal. */
  readonly lost: ReadonlySet<string>;
}

/** From now on loses so many of 1,000 UDP packets that arrive at `side`; call the result for the account. */
export async function dropAtRandom(
  topology: Topology,
  side: Side,
  path: number,
  permille: number,
): Promise<() => Promise<Drops>> {
  const host: Namespace = topology.host(side);
  const name = interfaceName(side, path);
  const table = `inet drops_${name}`;
  const udp = `iifname "${name}" meta l4proto udp`;
  await host.run('nft', ['-f', '-'], {
    input: `table ${table} {
      set lost { typeof @th,96,96; size ${mostRemembered}; flags dynamic; }
      chain arriving {
        type filter hook prerouting priority raw;
        ${udp} counter
        ${udp} numgen random mod 1000 < ${permille} add @lost { @th,96,96 } counter drop
      }
    }\n`,
  });
  return async () => {
    const listed = await host.run('nft', ['list', 'table', ...table.split(' ')]);
    const [total, dropped] = [...listed.matchAll(/counter packets (\d+)/g)].map(([, count]) => Number(count));
    const lost = new Set([...listed.matchAll(/0x([0-9a-f]+)/g)].map(([, packet]) => packet!));
    if (dropped !== lost.size) throw new Error(`${name}: ${dropped} dropped, ${lost.size} remembered`);
    return { total: total!, lost };
  };
}
