/** The clear-text header of a datagram, anywhere in a batch's memory, and mac1 of a handshake message. */
import assert from 'node:assert/strict';
import {
  COOKIE_REPLY,
  counterHi,
  counterLo,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  hasValidMac1,
  mac1KeyOf,
  mac1Of,
  messageType,
  NOT_WIREGUARD,
  receiverIndex,
  senderIndex,
  TRANSPORT_DATA,
} from '../../../src/wireguard/index.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const LENGTHS = new Map([
  [HANDSHAKE_INITIATION, 148],
  [HANDSHAKE_RESPONSE, 92],
  [COOKIE_REPLY, 64],
]);
const KEY = mac1KeyOf(Buffer.alloc(32, 7));

export const target: Target = {
  what: 'message headers and mac1',
  run(bytes) {
    const input = new Input(bytes);
    const before = input.u8() % 16;
    const claimed = input.u16();
    const message = Buffer.concat([Buffer.alloc(before), input.rest()]);
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    const whole = message.subarray(before);
    checkHeader(view, before, whole.length);
    checkHeader(view, before, claimed);
    assert(!hasValidMac1(KEY, whole));
    if (whole.length !== 148 && whole.length !== 92) return;
    whole.set(mac1Of(KEY, whole), whole.length - 32);
    assert(hasValidMac1(KEY, whole));
    whole[before]! ^= 1;
    assert(!hasValidMac1(KEY, whole));
  },
  seeds: () =>
    [148, 92, 64, 32].map((length, index) => Buffer.of(3, 32, 0, index + 1, ...new Uint8Array(length - 1))),
  maxBytes: 256,
};

function checkHeader(view: DataView, at: number, length: number): void {
  const type = messageType(view, at, length);
  if (type === NOT_WIREGUARD) return;
  assert(at + length <= view.byteLength && view.getUint32(at, true) === type);
  assert.equal(LENGTHS.get(type) ?? Math.max(length, 32), length);
  const numbers = [counterLo(view, at), counterHi(view, at), senderIndex(view, at)];
  if (type !== HANDSHAKE_INITIATION) numbers.push(receiverIndex(view, at, type));
  assert(numbers.every((number) => number >= 0 && number < 2 ** 32));
  assert(type !== TRANSPORT_DATA || length >= 32);
}
