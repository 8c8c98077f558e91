/**
 * Where copies go: a descriptor, for an unconnected socket the far address and the local address to send
 * from, and what is known of segmentation offload on that way.
 */
import { P, R } from '../net/index.ts';
import { IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, SOCKADDR_SPACE } from './constants.ts';
import { Region } from './memory.ts';

/** No datagram is longer, so every segment size is allowed. */
const UNLIMITED = 65_536;
/** Segmentation offload that failed is tried again after this long: routes and devices change. */
const RETRY_AFTER_MS = 60_000;
/** `block` of a destination that is WireGuard, not a path. */
const NO_BLOCK = -1;

export class Destination {
  fd: number;
  /** Index of the path's counters, negative for WireGuard. */
  readonly block: number;
  readonly path: number;
  /** The sockaddr to send to; `nameLength` is 0 while the socket is connected. */
  readonly name = new Region(SOCKADDR_SPACE);
  nameLength = 0;
  /** Packet information: an in_pktinfo (3 words) or in6_pktinfo (5 words); `infoWords` 0: none. */
  readonly info = new Uint32Array(5);
  infoWords = 0;
  /** Where the last datagram from there came in, 0 when unknown. */
  interfaceIndex = 0;
  /** Answers may find nobody there. */
  isApart = false;
  /** Segments up to this size may be grouped; 0: none may, every datagram goes by itself. */
  largestSegment = UNLIMITED;
  #retryAtMs = Number.POSITIVE_INFINITY;

  constructor(fd: number, path: number, block: number) {
    this.fd = fd;
    this.path = path;
    this.block = block;
  }

  static ofWireguard(fd: number): Destination {
    return new Destination(fd, NO_BLOCK, NO_BLOCK);
  }

  /** Where it leads, for `fromBytes` in another packet loop. */
  toBytes(): Uint8Array {
    const words = Uint32Array.of(this.nameLength, this.infoWords, this.interfaceIndex, ...this.info);
    return Uint8Array.from([...this.name.bytes, ...new Uint8Array(words.buffer)]);
  }

  static fromBytes(bytes: Uint8Array, fd: number, path: number, block: number): Destination {
    const destination = new Destination(fd, path, block);
    const words = new Uint32Array(bytes.slice(SOCKADDR_SPACE).buffer);
    destination.name.bytes.set(bytes.subarray(0, SOCKADDR_SPACE));
    destination.nameLength = words[0]!;
    destination.infoWords = words[1]!;
    destination.interfaceIndex = words[2]!;
    destination.info.set(words.subarray(3));
    return destination;
  }

  get infoLevel(): number {
    return this.infoWords === 3 ? IPPROTO_IP : IPPROTO_IPV6;
  }

  get infoType(): number {
    return this.infoWords === 3 ? IP_PKTINFO : IPV6_PKTINFO;
  }

  get packetsColumn(): number {
    return this.block < 0 ? R.wireguardOutPackets : this.block + P.outPackets;
  }

  get bytesColumn(): number {
    return this.block < 0 ? R.wireguardOutBytes : this.block + P.outBytes;
  }

  limitSegments(largest: number, nowMs: number): void {
    this.largestSegment = largest;
    this.#retryAtMs = nowMs + RETRY_AFTER_MS;
  }

  /** Gives segmentation another chance when its time has come, or at once when something changed. */
  retrySegments(nowMs: number, hasChanged: boolean): void {
    if (nowMs < this.#retryAtMs && !hasChanged) return;
    this.largestSegment = UNLIMITED;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }
}
