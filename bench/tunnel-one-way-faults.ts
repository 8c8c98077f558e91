/**
 * Faults on one path and for one direction only, each with evidence that it took place. The lab's own
 * (test/lab/faults.ts) hit both directions; here it matters whose sending meets the fault.
 * Sources: tc-tbf(8), nft(8).
 */
import { interfaceName, type Side, type Topology } from '../test/lab/topology.ts';

/** A fault in being. */
export interface Fault {
  /** What the kernel says the fault has done so far, or holds now. */
  evidence(): Promise<string>;
  undo(): Promise<void>;
}

/** What `sender` sends on the path vanishes where it arrives: no error tells the sender. */
export async function blackhole(topology: Topology, sender: Side, path: number): Promise<Fault> {
  const receiver: Side = sender === 'client' ? 'server' : 'client';
  const host = topology.host(receiver);
  const rule = `iifname "${interfaceName(receiver, path)}" meta l4proto udp counter drop\n`;
  const chain = `chain arriving { type filter hook prerouting priority raw; ${rule}}\n`;
  await host.run('nft', ['-f', '-'], { input: `table inet blackhole { ${chain}}\n` });
  return {
    async evidence() {
      const listed = await host.run('nft', ['list', 'table', 'inet', 'blackhole']);
      return `${/packets (\d+)/.exec(listed)?.[1]} packets dropped`;
    },
    async undo() {
      await host.run('nft', ['delete', 'table', 'inet', 'blackhole']);
    },
  };
}

/** What `sender` sends on the path waits in a queue of so many bytes, emptied at so many kbit/s. */
export async function throttle(
  topology: Topology,
  sender: Side,
  path: number,
  { kilobitsPerSecond, queueBytes }: { kilobitsPerSecond: number; queueBytes: number },
): Promise<Fault> {
  const host = topology.host(sender);
  const device = ['dev', interfaceName(sender, path)];
  const filter = ['tbf', 'rate', `${kilobitsPerSecond}kbit`, 'burst', '10000', 'limit', `${queueBytes}`];
  await host.run('tc', ['qdisc', 'replace', ...device, 'root', ...filter]);
  return {
    async evidence() {
      const listed = await host.run('tc', ['-s', 'qdisc', 'show', ...device]);
      const [, dropped, backlog] = /dropped (\d+).*backlog (\w+)/s.exec(listed) ?? [];
      return `${dropped} packets dropped, ${backlog} queued`;
    },
    async undo() {
      await host.run('tc', ['qdisc', 'delete', ...device, 'root']);
    },
  };
}
