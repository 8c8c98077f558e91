import fc from 'fast-check';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { Batch, DROP } from '../net/index.ts';
import { CMSG, IOVEC, IP_PKTINFO, IPPROTO_IP, MMSGHDR, SOL_UDP, UDP_SEGMENT } from './constants.ts';
import { Destination } from './destination.ts';
import { Groups } from './groups.ts';
import { Region } from './memory.ts';

const CAPACITY = 300;
const MEMORY_BYTES = 4 << 20;
const memory = new Region(MEMORY_BYTES);
for (let i = 0; i < memory.words.length; i++) memory.words[i] = Math.imul(i, 0x9e3779b1);
const batch = new Batch(memory.bytes, CAPACITY, 64);

interface Datagram {
  readonly length: number;
  /** Bytes between the datagram before and this one; 0: contiguous. */
  readonly gap: number;
  readonly to: number;
}

/** What the kernel will read of one message. */
interface Message {
  readonly nameLength: number;
  readonly name: number;
  readonly pieces: { readonly base: number; readonly length: number }[];
  readonly control: { readonly level: number; readonly type: number; readonly data: Uint8Array }[];
  readonly bytes: Buffer;
}

const destination = (fill: (it: Destination) => void = () => {}) => {
  const made = new Destination(-1, 0, 0);
  fill(made);
  return made;
};

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1452, 1452, 1452, 96, 32) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 8_900, 65_507) },
);
const datagrams = fc.array(
  fc.record<Datagram>({
    length: lengths,
    gap: fc.constantFrom(0, 0, 0, 5, 700),
    to: fc.constantFrom(0, 0, 0, 1, DROP),
  }),
  { maxLength: 200 },
);

describe('Groups.addBatch()', () => {
  test('lays every datagram of the session out once, in order, as the kernel will cut it', () => {
    fc.assert(
      fc.property(datagrams, (list) => {
        const groups = layOut(list);
        const wanted = [...Array(batch.count).keys()].filter((i) => batch.to[i] === 0);
        expect([...groups.entries.subarray(0, groups.datagrams)]).toEqual(wanted);
        const sent = messagesOf(groups).flatMap((message, i) => cut(message.bytes, groups.segmentBytes[i]!));
        expect(sent.length).toBe(wanted.length);
        expect(wanted.every((entry, i) => sent[i]!.equals(bytesOf(entry)))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('keeps to what the kernel takes, and makes the fewest messages that do', () => {
    fc.assert(
      fc.property(datagrams, (list) => {
        const groups = layOut(list);
        for (let i = 0; i < groups.count; i++) {
          const entries = entriesOf(groups, i).map((entry) => batch.length[entry]!);
          const size = groups.segmentBytes[i]!;
          const total = entries.reduce((sum, length) => sum + length, 0);
          expect(groups.bytes[i]).toBe(total);
          expect(entries.length).toBeLessThanOrEqual(64);
          if (entries.length > 1) expect(total).toBeLessThanOrEqual(65_000);
          expect(entries.slice(0, -1).every((length) => length === size)).toBe(true);
          const last = entries.at(-1)!;
          expect(entries.length === 1 ? last === size : last > 0 && last <= size).toBe(true);
          if (i + 1 === groups.count) continue;
          const next = groups.segmentBytes[i + 1]!;
          const couldJoin =
            next > 0 && next <= size && last === size && entries.length < 64 && total + next <= 65_000;
          // The next message's first datagram could not have joined this one.
          expect(couldJoin).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('joins contiguous datagrams of a message into one piece of memory', () => {
    fc.assert(
      fc.property(datagrams, (list) => {
        for (const { pieces } of messagesOf(layOut(list))) {
          for (let i = 1; i < pieces.length; i++) {
            expect(pieces[i]!.base).not.toBe(pieces[i - 1]!.base + pieces[i - 1]!.length);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    { what: '64 equal ones', sizes: repeat(64, 1_000), messages: [64] },
    { what: '65 equal ones', sizes: repeat(65, 1_000), messages: [64, 1] },
    { what: 'a shorter one at the end', sizes: [...repeat(3, 1_000), 10], messages: [4] },
    { what: 'a shorter one in the middle', sizes: [1_000, 10, 1_000, 1_000], messages: [2, 2] },
    { what: 'a longer one at the end', sizes: [10, 10, 1_000], messages: [2, 1] },
    { what: 'more than 65,000 bytes', sizes: repeat(47, 1_400), messages: [46, 1] },
    { what: 'two of the longest', sizes: [65_507, 65_507], messages: [1, 1] },
    { what: 'empty ones, which no segment can be', sizes: [100, 0, 0, 100, 100], messages: [1, 1, 1, 2] },
    { what: 'nothing', sizes: [], messages: [] },
  ])('makes of $what messages of $messages', ({ sizes, messages }) => {
    const groups = layOut(sizes.map((length) => ({ length, gap: 0, to: 0 })));
    expect([...groups.segments.subarray(0, groups.count)]).toEqual(messages);
  });
});

describe('Groups.addSingly()', () => {
  test('makes a message of each datagram, in the order given', () => {
    fc.assert(
      fc.property(datagrams, fc.nat(), fc.nat(), (list, a, b) => {
        const all = layOut(list);
        const first = all.datagrams === 0 ? 0 : a % all.datagrams;
        const count = all.datagrams === 0 ? 0 : b % (all.datagrams - first + 1);
        const singles = new Groups(CAPACITY, memory.address);
        singles.addSingly(batch, all.entries, first, count);
        singles.address(destination());
        const messages = messagesOf(singles);
        expect(messages.length).toBe(count);
        messages.forEach(({ bytes, control }, i) => {
          expect(bytes.equals(bytesOf(all.entries[first + i]!))).toBe(true);
          expect(control).toEqual([]);
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe('Groups.address()', () => {
  test('gives groups their segment size and nothing else, when the socket is connected', () => {
    const groups = layOut(
      [...repeat(3, 700), 100, ...repeat(1, 500)].map((length) => ({ length, gap: 9, to: 0 })),
    );
    const [group, single] = messagesOf(groups);
    expect(group).toMatchObject({ name: 0, nameLength: 0 });
    expect(group!.control).toEqual([
      { level: SOL_UDP, type: UDP_SEGMENT, data: new Uint8Array([700 & 255, 2]) },
    ]);
    expect(single!.control).toEqual([]);
  });

  test('adds address and packet information to every message', () => {
    const to = destination((it) => {
      it.nameLength = 16;
      it.info.set([0, 0x0100007f, 0x0200007f]);
      it.infoWords = 3;
    });
    const groups = layOut([700, 700, 900, 30].map((length) => ({ length, gap: 0, to: 0 })));
    groups.address(to);
    const info = {
      level: IPPROTO_IP,
      type: IP_PKTINFO,
      data: new Uint8Array(new Uint32Array([0, 0x0100007f, 0x0200007f]).buffer),
    };
    const segment = (bytes: number) => ({
      level: SOL_UDP,
      type: UDP_SEGMENT,
      data: new Uint8Array([bytes & 255, bytes >> 8]),
    });
    const messages = messagesOf(groups);
    expect(messages.map(({ control }) => control)).toEqual([
      [segment(700), info],
      [segment(900), info],
    ]);
    for (const message of messages) expect(message).toMatchObject({ name: to.name.address, nameLength: 16 });
  });

  test('leaves nothing of one destination to the next', () => {
    const groups = layOut([700, 700].map((length) => ({ length, gap: 0, to: 0 })));
    const named = destination((it) => {
      it.nameLength = 28;
      it.infoWords = 5;
    });
    groups.address(named);
    groups.address(destination());
    const [message] = messagesOf(groups);
    expect(message).toMatchObject({ name: 0, nameLength: 0 });
    expect(message!.control.map(({ type }) => type)).toEqual([UDP_SEGMENT]);
  });
});

function repeat(count: number, length: number): number[] {
  return Array<number>(count).fill(length);
}

function layOut(list: readonly Datagram[]): Groups {
  let at = 0;
  batch.count = 0;
  for (const { length, gap, to } of list) {
    if (at + gap + length > MEMORY_BYTES) break;
    at += gap;
    batch.offset[batch.count] = at;
    batch.length[batch.count] = length;
    batch.to[batch.count++] = to;
    at += length;
  }
  const groups = new Groups(CAPACITY, memory.address);
  groups.clear();
  groups.addBatch(batch, 0);
  groups.address(destination());
  return groups;
}

function bytesOf(entry: number): Buffer {
  return Buffer.from(memory.bytes.buffer, batch.offset[entry]!, batch.length[entry]!);
}

function entriesOf(groups: Groups, message: number): number[] {
  const first = groups.first[message]!;
  return [...groups.entries.subarray(first, first + groups.segments[message]!)];
}

/** Reads the layout back from memory, as the kernel does. */
function messagesOf(groups: Groups): Message[] {
  return Array.from({ length: groups.count }, (_, i) => {
    const header = peek(Number(groups.header(i)), MMSGHDR.size);
    const iovecs = Number(header.getBigUint64(MMSGHDR.iovecs, true));
    const count = Number(header.getBigUint64(MMSGHDR.iovecCount, true));
    const pieces = Array.from({ length: count }, (_, piece) => {
      const iovec = peek(iovecs + piece * IOVEC.size, IOVEC.size);
      return {
        base: Number(iovec.getBigUint64(IOVEC.base, true)),
        length: Number(iovec.getBigUint64(IOVEC.length, true)),
      };
    });
    return {
      name: Number(header.getBigUint64(MMSGHDR.name, true)),
      nameLength: header.getUint32(MMSGHDR.nameLength, true),
      pieces,
      control: controlOf(
        Number(header.getBigUint64(MMSGHDR.control, true)),
        Number(header.getBigUint64(MMSGHDR.controlLength, true)),
      ),
      bytes: Buffer.concat(
        pieces.map(({ base, length }) => Buffer.from(memory.bytes.buffer, base - memory.address, length)),
      ),
    };
  });
}

function controlOf(address: number, length: number): Message['control'] {
  const control: Message['control'] = [];
  for (let at = 0; at < length; ) {
    const header = peek(address + at, CMSG.data);
    const own = Number(header.getBigUint64(CMSG.length, true));
    const data = peek(address + at + CMSG.data, own - CMSG.data);
    control.push({
      level: header.getInt32(CMSG.level, true),
      type: header.getInt32(CMSG.type, true),
      data: new Uint8Array(data.buffer.slice(0)),
    });
    at += (own + 7) & ~7;
  }
  return control;
}

function peek(address: number, length: number): DataView {
  return new DataView(koffi.view(BigInt(address), length));
}

/** As the kernel does: equal segments, the rest in the last; a lone datagram, empty or not, is one. */
function cut(bytes: Buffer, segmentBytes: number): Buffer[] {
  if (bytes.length <= segmentBytes) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / segmentBytes) }, (_, i) =>
    bytes.subarray(i * segmentBytes, (i + 1) * segmentBytes),
  );
}
