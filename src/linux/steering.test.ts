import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { dataOf } from '../../test/sockets/datagrams.ts';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { Egress } from './egress.ts';
import { close, recv } from './ffi.ts';
import { Region } from './memory.ts';
import { type Instruction, programFor } from './steering.ts';

const memory = new Region(2_048);
const open: { close(): void }[] = [];
afterEach(() => {
  for (const it of open.splice(0)) it.close();
});

describe('programFor()', () => {
  const index = fc.integer({ min: 0, max: 0xffff_ffff });

  test('finds the place of every index, and the first place for all others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(index, { maxLength: 300 }), fc.array(index), (indices, others) => {
        const places = indices.map((_, i) => 1 + (i % 5));
        const program = programFor(indices, places);
        for (const [i, it] of indices.entries()) expect(run(program, dataOf(it, 1n))).toBe(places[i]);
        for (const it of others.filter((it) => !indices.includes(it))) {
          expect(run(program, dataOf(it, 1n))).toBe(0);
        }
      }),
    );
  });

  test('looks at nothing but data', () => {
    const program = programFor([7], [1]);
    for (const type of [0, 1, 2, 3, 5, 0xff]) {
      const datagram = dataOf(7, 1n);
      datagram[0] = type;
      expect(run(program, datagram)).toBe(0);
    }
    for (let length = 0; length < 8; length++) {
      expect(run(program, dataOf(7, 1n).subarray(0, length))).toBe(0);
    }
  });
});

describe('the kernel', () => {
  test.each([
    { listen: '127.0.0.1', to: '127.0.0.1' },
    { listen: '::', to: '127.0.0.1' },
    { listen: '::', to: '::1' },
  ])('delivers data to the loop that has its index, all else to the first ($to on $listen)', (place) => {
    const { fds, egress, client } = listening(place.listen, place.to, 2);
    // One more for each interface that answers leave by: never delivered to.
    const answering = [1, 2, 3]
      .map((it) => egress.descriptorFor(it, () => new Set()))
      .filter((fd) => fd !== fds[0]);
    egress.steer([0x01020304, 0xfffefdfc], [1, 2]);
    client.send(dataOf(0x01020304, 1n));
    client.send(dataOf(0xfffefdfc, 1n));
    client.send(dataOf(0xfffefdfc, 2n));
    client.send(dataOf(0x04030201, 1n));
    const initiation = Buffer.alloc(148);
    initiation.writeUInt32LE(1, 0);
    initiation.writeUInt32LE(0x01020304, 4);
    client.send(initiation);
    client.send(Buffer.alloc(3));
    expect([...fds, ...answering].map(countWaiting)).toEqual([3, 1, 2, 0, 0]);
  });

  test('follows changes, and takes as many indices as it can', () => {
    const { fds, egress, client } = listening('127.0.0.1', '127.0.0.1', 1);
    const indices = Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
    egress.steer(
      indices,
      indices.map(() => 1),
    );
    for (const i of [0, 100, 19_999]) client.send(dataOf(indices[i]!, 1n));
    expect(fds.map(countWaiting)).toEqual([1, 2]);
    egress.steer([indices[19_999]!], [1]);
    for (const i of [0, 100, 19_999]) client.send(dataOf(indices[i]!, 1n));
    expect(fds.map(countWaiting)).toEqual([2, 1]);
    egress.steer([], []);
    for (const i of [0, 100, 19_999]) client.send(dataOf(indices[i]!, 1n));
    expect(fds.map(countWaiting)).toEqual([3, 0]);
  });
});

function listening(address: string, to: string, others: number) {
  const fds: number[] = [];
  const egress = Egress.open({ address, port: 0 }, others, (more) => fds.push(...more));
  fds.unshift(egress.listening.fd);
  open.push(egress, { close: () => fds.slice(1).forEach((fd) => void close(fd)) });
  const { port } = egress.listening.localAddress();
  const client = new RawUdp({ address: to, port: 0 }).connect({ address: to, port });
  open.push(client);
  return { fds, egress, client };
}

/** A classic BPF machine, as far as these programs need one: bpf(4) of the BSDs, linux/filter.h. */
function run(program: readonly Instruction[], packet: Uint8Array): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let a = 0;
  for (let at = 0; ; at++) {
    const { code, ifTrue, ifFalse, k } = program[at]!;
    if (code === 0x06) return k;
    if (code === 0x05) at += k;
    else if (code === 0x15) at += a === k ? ifTrue : ifFalse;
    else if (code === 0x35) at += a >= k ? ifTrue : ifFalse;
    else {
      const bytes = code === 0x20 ? 4 : 1;
      // A load beyond the packet ends the program with 0.
      if (k + bytes > packet.length) return 0;
      a = bytes === 4 ? view.getUint32(k) : view.getUint8(k);
    }
  }
}

function countWaiting(fd: number): number {
  let count = 0;
  while (recv(fd, memory.address, 2_048, 0) >= 0) count++;
  return count;
}
