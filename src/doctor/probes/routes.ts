/**
 * Asks the kernel which way a packet would take: `ip route get`, a lookup that sends nothing. `fibmatch` shows
 * the route itself: without it IPv4 takes any address for a neighbour of an interface that has no route to it
 * (ip_route_output_key_hash_rcu in net/ipv4/route.c).
 */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Route } from '../facts.ts';
import { runCommand } from './command.ts';

export interface RouteQuestion {
  readonly to: string;
  readonly from?: string | undefined;
  /** As a socket bound to this device would ask. */
  readonly device?: string | undefined;
}

/** One of `ip`'s answers; what is there in another form than wanted is left out. */
const routeAnswer = z.object({
  dev: z.string(),
  gateway: z.string().optional().catch(undefined),
  metrics: z
    .array(z.object({ mtu: z.number().optional() }).catch({}))
    .optional()
    .catch(undefined),
});

/** `none`: the kernel has no route. undefined: it could not be asked. */
export async function findRoute({ to, from, device }: RouteQuestion): Promise<Route | 'none' | undefined> {
  const question = [
    to,
    ...(from === undefined ? [] : ['from', from]),
    ...(device === undefined ? [] : ['oif', device]),
  ];
  const matching = await ask(to, ['fibmatch', ...question]);
  if (typeof matching !== 'object') return matching;
  // The path MTU that was learned is of the destination, not of the route.
  const resulting = await ask(to, question);
  return typeof resulting === 'object' ? resulting : matching;
}

/** Whether there is an `ip` that can be asked. */
export async function hasIpCommand(): Promise<boolean> {
  const answer = await runCommand('ip', ['-j', 'route', 'get', '127.0.0.1']);
  return answer !== 'missing' && answer.status === 0;
}

async function ask(to: string, words: readonly string[]): Promise<Route | 'none' | undefined> {
  const result = await runCommand('ip', [isIPv6(to) ? '-6' : '-4', '-j', 'route', 'get', ...words]);
  if (result === 'missing') return undefined;
  if (result.status !== 0) return result.stderr.includes('RTNETLINK answers') ? 'none' : undefined;
  return parseRoute(result.stdout);
}

/** What `ip -j route get` printed. */
export function parseRoute(json: string): Route | undefined {
  const { data: answer } = routeAnswer.safeParse(firstIn(json));
  if (answer === undefined) return undefined;
  const mtu = answer.metrics?.find((metric) => metric.mtu !== undefined)?.mtu;
  return {
    device: answer.dev,
    ...(answer.gateway !== undefined && { gateway: answer.gateway }),
    ...(mtu !== undefined && { mtu }),
  };
}

function firstIn(json: string): unknown {
  try {
    const answers: unknown = JSON.parse(json);
    return Array.isArray(answers) ? answers[0] : undefined;
  } catch {
    return undefined; // an ip without JSON ignores -j and prints text: the route is not known
  }
}
