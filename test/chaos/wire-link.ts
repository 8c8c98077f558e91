/**
 * The path through wire.ts, plugged into both hosts of a topology as c3 and s3, with addresses and routes like
 * those of the other paths (test/lab/topology.ts).
 */
import { createInterface } from 'node:readline';
import { interfaceName, pathAddress, type Side, sides, type Topology } from '../lab/topology.ts';
import { wirePath } from './kinds.ts';
import type { WireCounters, WireTraits } from './wire.ts';

const mtu = 1_500;
const answerTimeoutMs = 20_000;

/** A bad link at the best of times: what it delivers must not hide what the others lose. */
export const usual: WireTraits = {
  delayMs: 0,
  jitterMs: 0,
  lossShare: 0.6,
  doubleShare: 0,
  corruptShare: 0,
  mayReorder: false,
};

export class WireLink {
  readonly #child;
  readonly #answers: ((line: string) => void)[] = [];

  private constructor(topology: Topology, devices: readonly string[], seed: number) {
    const args = ['--import', 'tsx', `${import.meta.dirname}/wire.ts`, ...devices, String(seed)];
    this.#child = topology.client.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#answers.shift()?.(line));
  }

  /** Starts the cable and plugs it in; resolves when both ends are up. */
  static async plugIn(topology: Topology, seed: number): Promise<WireLink> {
    const names = sides.map((side) => interfaceName(side, wirePath));
    const link = new WireLink(topology, names, seed);
    await link.#answer();
    await topology.client.ip(`link set ${names[1]} netns ${topology.server.name}`);
    const { ipv4, ipv6 } = pathAddress('client', wirePath);
    await topology.client.ip(`rule add from ${ipv4} lookup ${100 + wirePath}`);
    await topology.client.run('ip', ['-6', 'rule', 'add', 'from', ipv6, 'lookup', String(100 + wirePath)]);
    for (const side of sides) await topology.host(side).ip(...plugLines(side));
    await link.disturb(usual);
    return link;
  }

  /** From the next frame on; gives what was counted until then. */
  async disturb(traits: Partial<WireTraits>): Promise<WireCounters> {
    this.#child.stdin!.write(`${JSON.stringify({ ...usual, ...traits })}\n`);
    return JSON.parse(await this.#answer());
  }

  /** Ends the process; its devices go with it. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #answer(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Cannot hear the wire: no answer')), answerTimeoutMs);
      this.#answers.push((line) => {
        clearTimeout(timer);
        resolve(line);
      });
    });
  }
}

function plugLines(side: Side): string[] {
  const name = interfaceName(side, wirePath);
  const { ipv4, ipv6 } = pathAddress(side, wirePath);
  const lines = [
    `link set ${name} mtu ${mtu} up`,
    `addr replace ${ipv4}/24 dev ${name}`,
    `addr replace ${ipv6}/64 dev ${name} nodad`,
  ];
  if (side === 'server') return lines;
  const gateway = pathAddress('server', wirePath);
  for (const place of [`table ${100 + wirePath}`, `metric ${100 + wirePath}`]) {
    for (const via of [gateway.ipv4, gateway.ipv6])
      lines.push(`route replace default via ${via} dev ${name} ${place}`);
  }
  return lines;
}
