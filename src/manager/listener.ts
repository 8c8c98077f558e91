/**
 * The listening socket: opened, moved when the settings change, tried again when it cannot be had. Whatever
 * fails here is a line in the log and no more: the tunnel does not need it.
 */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { type CertificateFiles, readCertificate, watchCertificate } from './certificate.ts';
import type { Log } from './control.ts';
import type { ManagerSettings } from './protocol.ts';

/** Connections at once, streams among them; further ones are closed at once. */
const MAX_CONNECTIONS = 1024;
/** Who sends a request slower than this is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another program has this port; stop it or choose another port',
  EADDRNOTAVAIL: 'no interface of this host has this address',
  EACCES: 'this user may not listen on this port; choose one from 1024 up',
};

/** What the listener works with; the times are for tests. */
export interface ListenerParts {
  readonly fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response>;
  readonly log: Log;
  readonly onListening: (address: string, url: string) => void;
  readonly retryMs?: number;
  readonly certificatePollMs?: number;
}

type Place = Pick<ManagerSettings, 'host' | 'port' | 'tls'>;

/** Listens where it was last told to, from then until `close()`. */
export class Listener {
  readonly #parts: ListenerParts;
  #place: Place | undefined;
  #server: Server | undefined;
  #left: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #lastFault = '';

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /** Moves there, unless it listens there already or tries to. Open connections to the old place are closed. */
  listen({ host, port, tls }: Place): void {
    const place: Place = { host, port, ...(tls !== undefined && { tls }) };
    if (JSON.stringify(place) === JSON.stringify(this.#place)) return;
    this.#leave();
    this.#place = place;
    this.#lastFault = '';
    if (tls !== undefined) {
      const everyMs = this.#parts.certificatePollMs ?? 3000;
      this.#unwatch = watchCertificate(tls, everyMs, () => this.#renewCertificate(tls));
    }
    void this.#left.then(() => this.#open(place));
  }

  /** Ends every connection, streams too. */
  async close(): Promise<void> {
    this.#leave();
    await this.#left;
  }

  #leave(): void {
    this.#place = undefined;
    clearTimeout(this.#retry);
    this.#unwatch?.();
    this.#unwatch = undefined;
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    this.#left = Promise.all([this.#left, closed]);
  }

  #open(place: Place): void {
    if (place !== this.#place) return;
    let server: Server;
    try {
      server = this.#createServer(place);
    } catch (error) {
      this.#failed(place, error);
      return;
    }
    this.#server = server;
    server.maxConnections = MAX_CONNECTIONS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.on('error', (error) => this.#failed(place, error));
    server.listen({ host: place.host, port: place.port }, () => {
      if (place !== this.#place) return;
      this.#lastFault = '';
      const { port } = server.address() as AddressInfo;
      const address = hostPort(place.host, port);
      this.#parts.onListening(address, `${place.tls ? 'https' : 'http'}://${address}/`);
    });
  }

  #createServer({ tls }: Place): Server {
    const { fetch } = this.#parts;
    // The adapter's callback has HTTP/2's bindings in its type; of these two servers they are HTTP/1's.
    const serve = (request: Request, bindings: unknown) => fetch(request, bindings as HttpBindings);
    if (tls === undefined) return createAdaptorServer({ fetch: serve, createServer }) as Server;
    const pair = readCertificate(tls);
    return createAdaptorServer({
      fetch: serve,
      createServer: createTlsServer,
      serverOptions: { ...pair },
    }) as Server;
  }

  #failed(place: Place, error: unknown): void {
    if (place !== this.#place) return;
    const { code, message } = error as NodeJS.ErrnoException;
    const fault =
      `Cannot listen on webManager.listenAddr ${hostPort(place.host, place.port)}: ` +
      `${REASONS[code ?? ''] ?? message}; the tunnel goes on without it`;
    if (fault !== this.#lastFault) this.#parts.log('error', fault);
    this.#lastFault = fault;
    if (this.#server?.listening) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(place), this.#parts.retryMs ?? 10_000);
  }

  /** For connections from now on. A pair half renewed is tried again when its other half changes. */
  #renewCertificate(files: CertificateFiles): void {
    if (!(this.#server instanceof TlsServer)) return;
    try {
      this.#server.setSecureContext(readCertificate(files));
      this.#parts.log('info', `certificate renewed from ${files.certificateFile}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.log('warn', `Cannot renew the certificate, the old one stays: ${reason}`);
    }
  }
}

function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
