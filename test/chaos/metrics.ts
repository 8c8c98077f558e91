/** What a program tells at /metrics, asked from inside its namespace. */
import { request } from '../lab/http.ts';
import type { Host } from './host.ts';

const nothing = { status: 0, body: '' };

export interface Metrics {
  /** Over all series whose name holds the text. */
  sumOf(name: string): number;
}

/** undefined: it does not answer now. */
export async function getMetrics({ namespace, managerUrl }: Host): Promise<Metrics | undefined> {
  // Refused, cut off half-way or never answered: the program is down, or short of descriptors.
  const { status, body } = await request(namespace, `${managerUrl}/metrics`).catch(() => nothing);
  if (status !== 200) return undefined;
  return {
    sumOf: (name) =>
      body
        .split('\n')
        .filter((line) => !line.startsWith('#') && line.split(/[{ ]/)[0]!.includes(name))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0),
  };
}
