/**
 * Answers only to names that are ours. A page of another site can make its own name resolve to our address
 * (DNS rebinding); it then is "same origin" for the browser, but its name is still in the Host header.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import type { MiddlewareHandler } from 'hono';
import { Refusal } from '../refusal.ts';

/** The names by which browsers may reach the manager. IP addresses always may: they cannot be rebound. */
export class OwnNames {
  #names = new Set<string>();

  /** @param allowedHosts names beside `localhost` and those of this host, without port */
  set(allowedHosts: readonly string[]): void {
    const full = hostname();
    const short = full.split('.', 1)[0] ?? full;
    const names = ['localhost', full, short, `${full}.local`, `${short}.local`, ...allowedHosts];
    this.#names = new Set(names.map(normalize));
  }

  /** @param host a Host header, with or without port */
  has(host: string): boolean {
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
    return isIP(name.replace(/^\[|\]$/g, '')) !== 0 || this.#names.has(normalize(name));
  }
}

/** Refuses requests for a name that is not ours, before anything else looks at them. */
export function hostGuard(names: OwnNames): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!names.has(host)) {
      throw new Refusal(
        403,
        'foreign-host',
        `Cannot answer for host "${host}": want an IP address, this host's name or one of webManager.allowedHosts`,
      );
    }
    await next();
  };
}

function normalize(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
