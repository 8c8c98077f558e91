/**
 * Who must get what the server's WireGuard says, and who must not get much of it, as ARCHITECTURE.md ("How an address
 * earns trust") promises it. Where more than one rule could apply, nothing is demanded: see `owed` and `mayGet`.
 */
import type { Address } from './addresses.ts';
import { Broken } from './broken.ts';
import type { Datagram } from './paper-wireguard.ts';
import type { Setup } from './schedule.ts';

/** The server's socket towards WireGuard for one session, for as long as it is open. */
export interface Upstream {
  readonly session: number;
  isOpen: boolean;
  /** The relay says that WireGuard has answered. */
  isConfirmed: boolean;
  /** Whether clients and strangers of a flood sent by it. */
  hasClient: boolean;
  hasStranger: boolean;
  /** Whose packets it carried, whoever sent them. */
  readonly clients: Set<number>;
}

interface Link {
  upstream: Upstream;
  lastMs: number;
  isTrusted: boolean;
}

interface Account {
  sentBytes: number;
  gotBytes: number;
  packets: number;
  sinceMs: number;
  /** Something it did may have proved that it is a client's. */
  isExcused: boolean;
}

/** Who sends when it is no client. */
export const NOBODY = -1;
/** Silent for this long, a path makes room when there is none. */
const MAKES_ROOM_MS = 5_000;
/** All trusted paths silent for this long: the client may have moved. */
const SILENT_MS = 250;

export class Answers {
  readonly #timeoutMs: number;
  readonly #places: number;
  readonly #links = new Map<string, Link>();
  readonly #accounts = new Map<string, Account>();
  readonly #hosts = new Map<string, Set<string>>();
  readonly #spoofed = new Set<string>();
  /** By address, the client that sent from there last. */
  readonly #ownerOf = new Map<string, number>();
  readonly #sentBy = new Map<string, string>();
  /** By client: when it was last heard by an address known to be trusted. */
  readonly #clientLastMs = new Map<number, number>();
  #answeredMs = 0;

  constructor({ clientTimeoutMs, maxPathsPerSession }: Setup) {
    this.#timeoutMs = clientTimeoutMs;
    this.#places = maxPathsPerSession;
  }

  /** Something arrives, which seems to be from there. */
  arrives(
    { id, bytes }: Datagram,
    isGenuine: boolean,
    { key, address }: Address,
    client: number,
    nowMs: number,
  ): void {
    const account = this.#account(key, nowMs);
    account.sentBytes += bytes.length;
    account.packets++;
    const keys = this.#hosts.get(address) ?? new Set();
    this.#hosts.set(address, keys.add(key));
    const owner = this.#ownerOf.get(key) ?? client;
    this.#ownerOf.set(key, client);
    if (owner !== client) this.#spoofed.add(key);
    if (client !== NOBODY) {
      if (!this.#clientLastMs.has(client)) this.#clientLastMs.set(client, Number.NEGATIVE_INFINITY);
      account.isExcused = true;
      return;
    }
    const before = this.#sentBy.get(id) ?? key;
    this.#sentBy.set(id, key);
    const isProof = isGenuine || before !== key || this.#isExcused(address);
    const isAnswered = this.#answeredMs > account.sinceMs;
    const hasMoved =
      isAnswered && account.packets >= 4 && nowMs - Math.min(...this.#clientLastMs.values()) >= SILENT_MS;
    if (isProof || hasMoved) account.isExcused = true;
  }

  /**
   * A client's packet was passed on by `upstream`, or was a copy of one that was.
   * @param hasPath its address is one of that session's
   * @param alike who brought the same bytes lately, and has been of that session ever since
   */
  delivered(
    { key }: Address,
    upstream: Upstream,
    hasPath: boolean,
    alike: readonly string[],
    nowMs: number,
  ): void {
    if (!hasPath) {
      this.#links.delete(key);
      return;
    }
    let link = this.#links.get(key);
    if (link?.upstream !== upstream || nowMs - link.lastMs >= this.#timeoutMs) {
      link = { upstream, lastMs: nowMs, isTrusted: false };
      this.#links.set(key, link);
    }
    link.lastMs = nowMs;
    const others = alike.filter((it) => this.#links.get(it)?.upstream === upstream);
    if (others.some((it) => this.#isOwed(it, this.#links.get(it)!, nowMs))) {
      for (const it of others) this.#links.get(it)!.isTrusted = true;
    }
    if (link.isTrusted) this.#clientLastMs.set(this.#ownerOf.get(key)!, nowMs);
  }

  /** WireGuard has answered a session for the first time: whoever is in it at that moment is trusted. */
  confirmed(session: number, keys: readonly string[]): void {
    for (const key of keys) {
      this.#account(key).isExcused = true;
      const link = this.#links.get(key);
      if (link?.upstream.session === session) link.isTrusted = true;
    }
  }

  /** WireGuard has said something else than a cookie. */
  answered(nowMs: number): void {
    this.#answeredMs = nowMs;
  }

  /** The relay has sent to `targets`. */
  sent(upstream: Upstream, bytes: number, targets: ReadonlySet<string>, nowMs: number): void {
    for (const [key, link] of this.#links) {
      if (link.upstream !== upstream || targets.has(key) || !this.#isOwed(key, link, nowMs)) continue;
      throw new Broken('answers reach every trusted path', `${key} got nothing`);
    }
    for (const key of targets) {
      const account = this.#account(key);
      account.gotBytes += bytes;
      const host = key.slice(0, key.lastIndexOf(':'));
      if (account.isExcused || this.#isExcused(host) || account.gotBytes <= account.sentBytes) continue;
      const { gotBytes, sentBytes } = account;
      throw new Broken(
        'nobody else gets answers',
        `${key} got ${gotBytes} bytes for the ${sentBytes} it sent`,
      );
    }
  }

  /** Not owed: who was silent, whose address somebody else used too, who shares a host (a NAT's new port replaces). */
  #isOwed(key: string, { isTrusted, lastMs }: Link, nowMs: number): boolean {
    const host = key.slice(0, key.lastIndexOf(':'));
    const isAlone = this.#hosts.get(host)!.size === 1;
    const sparedMs = this.#accounts.size > this.#places ? MAKES_ROOM_MS : this.#timeoutMs;
    return (
      isTrusted && isAlone && nowMs - lastMs < Math.min(sparedMs, this.#timeoutMs) && !this.#spoofed.has(key)
    );
  }

  /** Who shares an IP address with somebody who is trusted is too: a NAT's new port. */
  #isExcused(host: string): boolean {
    return [...(this.#hosts.get(host) ?? [])].some((key) => this.#account(key).isExcused);
  }

  #account(key: string, nowMs = 0): Account {
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { sentBytes: 0, gotBytes: 0, packets: 0, sinceMs: nowMs, isExcused: false };
      this.#accounts.set(key, account);
    }
    return account;
  }
}
