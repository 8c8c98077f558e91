/** Two WireGuard endpoints on a link that loses, repeats, changes and makes up datagrams, in virtual time. */
import assert from 'node:assert/strict';
import { Endpoint, generateKeyPair } from '../../../src/wireguard/index.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const KEYS = [generateKeyPair(), generateKeyPair()] as const;
const PASSING_MS = [1, 100, 5_200, 10_100, 25_000, 121_000, 181_000];
const MOST_STEPS = 24;

export const target: Target = {
  what: 'handshakes, cookies and data from a hostile link',
  run(bytes) {
    const input = new Input(bytes);
    const sides = [new Side(0), new Side(1)] as const;
    for (let steps = 0; steps < MOST_STEPS && input.left > 0; steps++) {
      const action = input.u8();
      const near = sides[(action & 1) as 0 | 1];
      const far = sides[near === sides[0] ? 1 : 0];
      switch ((action >> 1) % 8) {
        case 0:
          near.send(input.bytes(input.u8()));
          break;
        case 1:
          near.endpoint.receive(input.bytes(input.u8()));
          break;
        case 2:
          near.clock.ms += input.pick(PASSING_MS);
          near.endpoint.tick();
          break;
        case 3:
          near.endpoint.connect();
          break;
        case 4: {
          const changed = Buffer.from(far.sent.at(-1) ?? '');
          if (changed.length > 0) changed[input.u8() % changed.length]! ^= input.u8();
          near.endpoint.receive(changed.subarray(0, changed.length - (input.u8() % 4)));
          break;
        }
        default: // the newest datagram, or an older one again
          near.endpoint.receive(far.sent.at(-1 - (input.u8() % 8)) ?? Buffer.alloc(0));
      }
    }
    for (const [side, other] of [sides, sides.toReversed()] as const) {
      assert(
        Object.values(side!.endpoint.counters).every((count) => Number.isSafeInteger(count) && count >= 0),
      );
      assert(new Set(side!.delivered).size <= new Set(other!.given).size);
      for (const packet of side!.delivered)
        assert(other!.given.includes(packet), 'a packet that nobody sent');
      side!.endpoint.close();
    }
  },
  seeds: () => [
    Buffer.of(6, 11, 0, 10, 0, 0, 4, 0x10, 1, 2, 3, 11, 0, 0, 4, 9, 9, 9, 9, 11, 0, 1, 3, 7, 7, 7, 10, 0),
    Buffer.of(6, 11, 0, 10, 0, 4, 5, 5, 5, 7, 11, 0, 10, 0, 8, 20, 1, 0, 9, 100, 1, 0),
    Buffer.of(2, 64, 3, 0, 0, 0, ...new Uint8Array(60), 3, 148, 1, 0, 0, 0, ...new Uint8Array(144)),
  ],
  maxBytes: 1_024,
};

/** One end, what it sent and what it was given; packets of no IP version, which keep their padding. */
class Side {
  readonly clock = { ms: 1_700_000_000_000 };
  readonly sent: Uint8Array[] = [];
  readonly given: string[] = [];
  readonly delivered: string[] = [];
  readonly endpoint: Endpoint;

  constructor(own: 0 | 1) {
    this.endpoint = new Endpoint({
      privateKey: KEYS[own].privateKey,
      peerPublicKey: KEYS[own === 0 ? 1 : 0].publicKey,
      transmit: (datagram) => this.sent.push(datagram),
      deliver: (packet) => this.delivered.push(Buffer.from(packet).toString('hex')),
      nowMs: () => this.clock.ms,
    });
  }

  send(content: Buffer): void {
    const packet = Buffer.alloc(16 + (content.length & ~15));
    content.copy(packet, 1, 0, packet.length - 1);
    if (this.endpoint.send(packet)) this.given.push(packet.toString('hex'));
  }
}
