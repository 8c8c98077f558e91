/**
 * Counts UDP packets as they arrive on the paths, by nftables, and those that found a socket full, by the
 * kernel's table: independent of what the programs say.
 */
import type { Namespace } from './namespace.ts';
import { interfaceName, type Side, sides, type Topology } from './topology.ts';

/** Running counts, by interface name, since `countArrivals`. */
export type Arrivals = () => Promise<ReadonlyMap<string, number>>;

/**
 * Counts packets that arrive at one side on each of the paths that exist now. With a source address, only
 * those that come from it, or, with `!=` in front of it, from any other.
 */
export async function countArrivals(topology: Topology, side: Side, source = ''): Promise<Arrivals> {
  const host = topology.host(side);
  const names = topology.paths.map((path) => interfaceName(side, path));
  const table = `count_${Math.random().toString(36).slice(2)}`;
  const from = source === '' ? '' : `ip saddr ${source}`;
  const rules = names.map((name) => `iifname "${name}" meta l4proto udp ${from} counter comment "${name}"\n`);
  const chain = `chain arriving { type filter hook prerouting priority filter\n${rules.join('')}}\n`;
  await host.run('nft', ['-f', '-'], { input: `table inet ${table} { ${chain}}\n` });
  return async () => {
    const listed = await host.run('nft', ['list', 'table', 'inet', table]);
    const counts = listed.matchAll(/counter packets (\d+) .*comment "(\w+)"/g);
    return new Map([...counts].map(([, packets, name]) => [name!, Number(packets)]));
  };
}

/** Makes the kernel cut segmented sends before they reach a link, so that every packet counts as one. */
export async function carrySingly(topology: Topology): Promise<void> {
  for (const side of sides) {
    for (const path of topology.paths) {
      const args = ['-K', interfaceName(side, path), 'tx-udp-segmentation', 'off'];
      await topology.host(side).run('ethtool', args);
    }
  }
}

/** UDP ports inside of which a socket was too full for a packet, and how many each dropped: for messages. */
export async function fullSockets(host: Namespace): Promise<string> {
  const table = await host.run('cat', ['/proc/net/udp']);
  const rows = table.trim().split('\n').slice(1);
  const drops = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row.at(-1) !== '0');
  const said = drops.map((row) => `${row.at(-1)} at ${Number.parseInt(row[1]!.split(':')[1]!, 16)}`);
  return said.join(', ') || 'none';
}
