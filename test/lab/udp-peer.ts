/**
 * A bare UDP socket in a namespace, run by node: it can send what no WireGuard would, and writes down what
 * it receives. What is on either side of the relay in the tests that do without WireGuard.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';

const pollMs = 5;
const waitTimeoutMs = 10_000;

/**
 * One line per datagram out; in, one JSON line per datagram to send: `[hex, port, host, everyMs]`, with
 * everyMs 0 once, else again and again.
 */
const peerCode = `
  const socket = require('node:dgram').createSocket(process.argv[1].includes(':') ? 'udp6' : 'udp4');
  const say = (what) => console.log(JSON.stringify(what));
  socket.on('message', (data, { address, port }) => {
    const atNs = String(process.hrtime.bigint());
    say({ from: address.replace('::ffff:', ''), port, bytes: data.length, atNs });
  });
  socket.on('error', () => {}); // an answer that nobody listens there: the tests count what arrives
  socket.bind(Number(process.argv[2]), process.argv[1], () => say({ boundTo: socket.address().port }));
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [hex, port, host, everyMs] = JSON.parse(line);
    const send = () => socket.send(Buffer.from(hex, 'hex'), port, host, () => {});
    if (everyMs > 0) setInterval(send, everyMs);
    else send();
  });
`;

export interface Received {
  readonly from: string;
  readonly port: number;
  readonly bytes: number;
  /** On the monotonic clock that all processes share. */
  readonly atNs: string;
}

/** A WireGuard-shaped datagram (transport data, type 4) of so many bytes. */
export function transportData(lengthBytes = 64, counter = 0): Buffer {
  const datagram = Buffer.alloc(lengthBytes);
  datagram[0] = 4;
  datagram.writeUInt32LE(counter, 8);
  return datagram;
}

/** A socket bound to an address and port inside; port 0 lets the system choose. */
export class UdpPeer {
  readonly received: Received[] = [];
  readonly #child;
  #port: number | undefined;

  constructor(namespace: Namespace, address: string, port: number) {
    this.#child = namespace.spawn(process.execPath, ['-e', peerCode, address, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line);
      if ('boundTo' in said) this.#port = said.boundTo;
      else this.received.push(said);
    });
  }

  async ready(): Promise<void> {
    await this.#wait('bound', () => this.#port !== undefined);
  }

  /** @param everyMs again and again at this interval; 0: once */
  send(datagram: Uint8Array, port: number, host: string, everyMs = 0): void {
    const order = [Buffer.from(datagram).toString('hex'), port, host, everyMs];
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
  }

  /** Sends WireGuard-shaped datagrams until `isWanted` holds for one received since the call. */
  async sendUntil(
    port: number,
    host: string,
    other: UdpPeer,
    isWanted: (received: Received) => boolean = () => true,
  ): Promise<Received> {
    const from = other.received.length;
    let found: Received | undefined;
    await this.#wait(`answer to ${host}:${port}`, () => {
      this.send(transportData(), port, host);
      found = other.received.slice(from).find(isWanted);
      return found !== undefined;
    });
    return found!;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #wait(what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + waitTimeoutMs;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`UDP peer: not ${what} within ${waitTimeoutMs} ms`);
      await sleep(pollMs);
    }
  }
}
