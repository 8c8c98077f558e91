/** Host names to addresses, as the system resolves them. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

const TIMEOUT_MS = 6_000;

/** Each host that is no address, with what it resolves to; nothing when it does not, or not in time. */
export async function resolveNames(hosts: readonly string[]): Promise<Map<string, readonly string[]>> {
  const names = [...new Set(hosts.filter((host) => isIP(host) === 0))];
  const addresses = await Promise.all(names.map((name) => Promise.race([resolve(name), givenUp()])));
  return new Map(names.map((name, index) => [name, addresses[index]!]));
}

async function resolve(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return []; // which error it is depends on the resolver more than on the mistake
  }
}

function givenUp(): Promise<string[]> {
  return new Promise((done) => {
    setTimeout(() => done([]), TIMEOUT_MS).unref();
  });
}
