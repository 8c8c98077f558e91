/*
 * What is wrong between keys that are each right by themselves. Keys that failed their own check are
 * absent here, so one mistake is reported once.
 */
import { isIP } from 'node:net';
import type { z } from 'zod';
import { checkExposure } from './exposure.ts';
import { compileGlobs } from './globs.ts';
import { formatHostPort, isLoopback } from './host-port.ts';
import type { Places } from './places.ts';
import { quote } from './problem.ts';
import type { clientSection, serverSection } from './schema.ts';

type Client = Partial<z.infer<typeof clientSection>>;
type Server = Partial<z.infer<typeof serverSection>>;

/** Reports what contradicts itself in the `client` section. */
export function checkClient(client: Client, places: Places): void {
  checkLoop('client', client, places);
  checkIncluded(client, places);
  checkOverrides(client, places);
  checkPaths(client, places);
  checkExposure('client', client.webManager, places);
}

/** Reports what contradicts itself in the `server` section. */
export function checkServer(server: Server, places: Places): void {
  checkLoop('server', server, places);
  checkExposure('server', server.webManager, places);
}

function checkLoop(role: string, { listenAddr, dstAddr }: Client | Server, places: Places): void {
  if (listenAddr === undefined || dstAddr === undefined || listenAddr.port !== dstAddr.port) return;
  const toSelf =
    listenAddr.host === dstAddr.host || (isUnspecified(listenAddr.host) && isLoopback(dstAddr.host));
  if (!toSelf) return;
  const message = `found ${formatHostPort(dstAddr)}, where ${role}.listenAddr listens, want another address: packets would go in circles`;
  places.report('error', [role, 'dstAddr'], message);
}

function checkIncluded({ includedInterfaces = [], excludedInterfaces = [] }: Client, places: Places): void {
  includedInterfaces.forEach((entry, index) => {
    const name = entry.replace(/^\+/, '');
    const excluded = excludedInterfaces.findIndex((pattern) => pattern === name || matches(pattern, name));
    if (excluded === -1) return;
    const line = places.line(['client', 'excludedInterfaces', excluded]);
    const message = `found ${quote(entry)}, which excludedInterfaces leaves out on line ${line}, want it in one list only`;
    places.report('error', ['client', 'includedInterfaces', index], message);
  });
}

/** The original uses the first of several overrides and says nothing: a warning keeps its files working. */
function checkOverrides({ dstOverrides = [] }: Client, places: Places): void {
  dstOverrides.forEach(({ ifName }, index) => {
    const first = dstOverrides.findIndex((override) => override.ifName === ifName);
    if (first === index) return;
    const line = places.line(['client', 'dstOverrides', first, 'ifName']);
    const message = `found ${quote(ifName)} again, ignored; the override on line ${line} counts`;
    places.report('warning', ['client', 'dstOverrides', index, 'ifName'], message);
  });
}

function checkPaths({ paths = [], ...client }: Client, places: Places): void {
  paths.forEach((path, index) => {
    const at = ['client', 'paths', index];
    const first = paths.findIndex(({ name }) => name === path.name);
    if (first !== index) {
      const line = places.line(['client', 'paths', first, 'name']);
      places.report(
        'error',
        [...at, 'name'],
        `found ${quote(path.name)} again (first on line ${line}), want another name`,
      );
    }
    const { ifName, srcAddr } = path;
    const excluded = client.excludedInterfaces?.findIndex(
      (pattern) => ifName !== undefined && matches(pattern, ifName),
    );
    if (excluded !== undefined && excluded !== -1) {
      const line = places.line(['client', 'excludedInterfaces', excluded]);
      const message = `found ${quote(ifName!)}, which excludedInterfaces leaves out on line ${line}, want it in one place only`;
      places.report('error', [...at, 'ifName'], message);
    }
    const override = client.dstOverrides?.find((entry) => entry.ifName === ifName);
    const dst = path.dstAddr ?? override?.dstAddr ?? client.dstAddr;
    if (srcAddr === undefined || dst === undefined || isIP(dst.host) === 0) return;
    if (isIP(srcAddr) === isIP(dst.host)) return;
    const message = `found ${srcAddr} (IPv${isIP(srcAddr)}), want an IPv${isIP(dst.host)} address, as the destination is ${formatHostPort(dst)}`;
    places.report('error', [...at, 'srcAddr'], message);
  });
}

function matches(pattern: string, name: string): boolean {
  return compileGlobs([pattern])(name);
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
