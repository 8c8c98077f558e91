/** What recvmmsg(2) leaves behind: lengths, flags, senders and control data, as no kernel would. */
import assert from 'node:assert/strict';
import koffi from 'koffi';
import { answerFrom, answersFrom } from '../../../src/linux/answer-address.ts';
import { MMSGHDR, SOCKADDR_SPACE } from '../../../src/linux/constants.ts';
import { Destination } from '../../../src/linux/destination.ts';
import { MESSAGES, Receiver } from '../../../src/linux/receiver.ts';
import { ADDRESS_WORDS, readAddressWords, UNKNOWN_PATH } from '../../../src/net/index.ts';
import { attribute, u16, u32 } from '../../netlink-samples.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const LONGEST = 65_536;
let input = new Input(Buffer.alloc(0));
let headers: DataView | undefined;
const receiver = new Receiver((_fd, address) => {
  headers ??= new DataView(koffi.view(address, MESSAGES * MMSGHDR.size));
  return receive(headers, input);
});

export const target: Target = {
  what: 'messages from recvmmsg(2)',
  run(bytes) {
    input = new Input(bytes);
    const { batch, local } = receiver;
    const received = receiver.receive(0, input.is() ? UNKNOWN_PATH : 3);
    assert(batch.count <= batch.capacity);
    for (let i = 0; i < batch.count; i++) {
      const start = batch.offset[i]!;
      assert(batch.message[i]! < received && batch.length[i]! >= 0);
      assert(start >= 0 && start + batch.length[i]! <= receiver.memory.bytes.length);
      assert.equal(batch.length[i] === 0 ? batch.message.indexOf(batch.message[i]!) : i, i);
    }
    for (let message = 0; message < received; message++) {
      const destination = new Destination(0, 0, 0);
      readAddressWords(batch.source, message * ADDRESS_WORDS);
      assert(local.at[message]! >= 0 && local.at[message]! + 20 <= local.region.bytes.length + 20);
      if (answersFrom(destination, local, message)) continue;
      answerFrom(destination, local, message);
      assert(answersFrom(destination, local, message));
    }
  },
  seeds() {
    // As cmsg(3) lays it out: length (u64), level, type, data.
    const gro = [...u32(20), ...u32(0), ...u32(17), ...u32(104), ...u32(1_200), ...u32(0)];
    const v4 = [
      ...u32(28),
      ...u32(0),
      ...u32(0),
      ...u32(8),
      ...u32(1),
      ...u32(0x0100007f),
      ...u32(0x0100007f),
      ...u32(0),
    ];
    const v6 = [
      ...u32(36),
      ...u32(0),
      ...u32(41),
      ...u32(50),
      ...attribute(0, Array<number>(12).fill(1)),
      ...u32(2),
      ...u32(0),
    ];
    const name = [2, 0, 0x1f, 0x90, 127, 0, 0, 1, ...Array<number>(24).fill(0)];
    const message = (length: number, control: number[]) => [
      ...u32(length),
      ...u32(control.length),
      ...u32(0),
      ...name,
      control.length,
      ...control,
    ];
    const seeds = [message(3_000, gro), [...message(3_000, [...v4, ...gro]), ...message(0, v6)]];
    return seeds.map((seed, index) => Buffer.of(1, index + 1, ...seed, ...u16(0)));
  },
  words: ['\x11\0\0\0\x68\0\0\0', '\0\0\0\0\x08\0\0\0', '\x29\0\0\0\x32\0\0\0'],
};

/** Fills headers, names and control data as a kernel would, with whatever comes. */
function receive(view: DataView, from: Input): number {
  const count = from.u8() % (MESSAGES + 1);
  for (let message = 0; message < count; message++) {
    const header = message * MMSGHDR.size;
    view.setUint32(header + MMSGHDR.length, from.u32() % (LONGEST + 1), true);
    view.setUint32(header + MMSGHDR.controlLength, from.u32(), true);
    view.setUint32(header + MMSGHDR.flags, from.u32(), true);
    const name = from.bytes(SOCKADDR_SPACE);
    receiver.names.bytes.set(name, message * SOCKADDR_SPACE);
    const space = receiver.local.region.bytes.length / MESSAGES;
    const control = Buffer.alloc(space);
    from.bytes(from.u8()).copy(control);
    receiver.local.region.bytes.set(control, message * space);
  }
  return count;
}
