/**
 * Counts UDP packets as they arrive on the paths, by nftables: independent of what the programs say.
 */
import { interfaceName, type Side, type Topology } from './topology.ts';

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
