import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, fill, lastingBatch } from '../../test/sockets/datagrams.ts';
import { DIFFERS, FIRST, LATE, RecentPackets, sinceUs, UNPROVEN } from './recent-packets.ts';

const RING_BYTES = 2 << 20;
const ALIVE = 0b111;
const BIG = 65_507;

describe('RecentPackets.note()', () => {
  it('tells the first copy from late ones, and how late they are', () => {
    const { note, recent } = setUp();
    const packet = dataOf(7, 1n);
    expect(note(packet, 0, 1_000)).toBe(FIRST);
    expect(note(packet, 2, 1_600)).toBe(LATE);
    expect(recent.latenessUs).toBe(600);
    expect(recent.seenBefore).toBe(0b001);
    expect(note(packet, 1, 9_000)).toBe(LATE);
    expect(recent.latenessUs).toBe(8_000);
    expect(recent.seenBefore).toBe(0b101);
  });

  it('measures across the turn of its clock', () => {
    const { note, recent } = setUp();
    note(dataOf(7, 1n), 0, 2 ** 32 - 100);
    expect(note(dataOf(7, 1n), 1, 50)).toBe(LATE);
    expect(recent.latenessUs).toBe(150);
  });

  it('passes on copies that differ, and recognises those that equal the latest', () => {
    const { note } = setUp();
    const [forged, genuine] = [dataOf(7, 1n, 0xee), dataOf(7, 1n, 0x11)];
    const longer = dataOf(7, 1n, 0x11, 80);
    expect(note(forged, 2)).toBe(FIRST);
    expect(note(genuine, 0)).toBe(DIFFERS);
    expect(note(genuine, 1)).toBe(LATE);
    expect(note(forged, 2)).toBe(DIFFERS);
    expect(note(longer, 2)).toBe(DIFFERS);
    expect(note(genuine, 1)).toBe(DIFFERS);
  });

  it('takes a copy for a new packet that comes a second later, settled or not', () => {
    const { note, settled } = setUp();
    note(dataOf(7, 1n), 0, 0);
    expect(note(dataOf(7, 1n), 1, 999_999)).toBe(LATE);
    expect(note(dataOf(7, 1n), 2, 1_000_000)).toBe(FIRST);
    expect(settled).toEqual([{ session: 0, seen: 0b011, alive: ALIVE, timeUs: 0 }]);
  });

  it('calls nobody a bearer of bytes that he did not bring', () => {
    const { note, recent } = setUp();
    note(dataOf(7, 1n, 0xee), 2);
    note(dataOf(7, 1n, 0x11), 0);
    expect(note(dataOf(7, 1n, 0x11), 1)).toBe(LATE);
    expect(recent.seenBefore).toBe(0b001);
  });

  it('keeps sessions, indices and counters apart, and finds each again, also where they share a bucket', () => {
    const { note } = setUp();
    const counters = [0n, 2n ** 17n, 2n ** 18n, 2n ** 32n, 2n ** 64n - 1n];
    const packets = counters.flatMap((counter) => [
      { packet: dataOf(7, counter), session: 0 },
      { packet: dataOf(7 + 2 ** 17, counter), session: 0 },
      { packet: dataOf(7, counter), session: 1 },
    ]);
    for (const { packet, session } of packets) expect(note(packet, 0, 0, session)).toBe(FIRST);
    for (const { packet, session } of packets.slice(-8)) expect(note(packet, 1, 0, session)).toBe(LATE);
  });

  it('finds late copies of two sessions that count alike', () => {
    const { note } = setUp();
    for (let counter = 0n; counter < 300n; counter++) {
      for (const [session, index] of [7, 7 + 2 ** 17].entries()) {
        expect(note(dataOf(index, counter), 0, 0, session)).toBe(FIRST);
        if (counter >= 100n) expect(note(dataOf(index, counter - 100n), 1, 0, session)).toBe(LATE);
      }
    }
  });

  it('searches no longer for counters that were chosen to share a bucket, and passes their copies', () => {
    const { note, recent, settled } = setUp();
    const chosen = Array.from({ length: 1_000 }, (_, i) => dataOf(7, BigInt(i) << 49n));
    for (const packet of chosen) expect(note(packet, 0)).toBe(FIRST);
    expect(note(chosen[999]!, 1)).toBe(LATE);
    expect(note(chosen[0]!, 1)).toBe(FIRST);
    recent.sweep(1_000_000);
    expect(settled.length).toBe(1_001);
    expect(note(dataOf(7, 0n), 0, 1_000_000)).toBe(FIRST);
    expect(note(dataOf(7, 0n), 1, 1_000_000)).toBe(LATE);
  });

  it('without bytes to compare calls a copy unproven', () => {
    const without = setUp({ compares: false });
    without.note(dataOf(7, 1n), 0);
    expect(without.note(dataOf(7, 1n), 1)).toBe(UNPROVEN);
    const noRoom = setUp({ keepBytes: RING_BYTES - 1 });
    noRoom.note(dataOf(7, 1n), 0);
    expect(noRoom.note(dataOf(7, 1n), 1)).toBe(UNPROVEN);
  });

  it('recognises copies until their bytes are overwritten, not a packet longer', () => {
    const { note, fillRing } = setUp();
    note(dataOf(7, 1n), 0);
    fillRing(RING_BYTES - 64);
    expect(note(dataOf(7, 1n), 1)).toBe(LATE);
    fillRing(64);
    expect(note(dataOf(7, 1n), 1)).toBe(UNPROVEN);
  });

  it('keeps more when copies come too late to be recognised, and trusts no overwritten byte', () => {
    const { note, fillRing } = setUp({ keepBytes: RING_BYTES * 2 });
    const early = dataOf(7, 1n);
    note(early, 0);
    fillRing(RING_BYTES);
    expect(note(early, 1)).toBe(UNPROVEN); // asks for more, which it gets at the end of this round
    fillRing(RING_BYTES);
    expect(note(early, 1)).toBe(UNPROVEN);
    note(dataOf(7, 2n), 0);
    fillRing(RING_BYTES + RING_BYTES / 2);
    expect(note(dataOf(7, 2n), 1)).toBe(LATE);
    expect(note(early, 1)).toBe(UNPROVEN);
  });

  it('finds late what equals the latest of its packet, and nothing else, in whatever runs it comes', () => {
    const packet = fc.nat(5);
    const forged = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
    const genuine = fc.record({ packet, forged: fc.constant(false), isNoted: fc.constant(true) });
    const any = fc.record({ packet, forged, isNoted: fc.boolean() });
    const run = fc.oneof(
      // As paths deliver: the same packets one after the other, from some place on.
      fc
        .record({ from: packet, count: fc.integer({ min: 1, max: 6 }) })
        .map(({ from, count }) =>
          Array.from({ length: count }, (_, i) => ({ packet: (from + i) % 6, forged: false, isNoted: true })),
        ),
      fc.array(fc.oneof(genuine, any), { minLength: 1, maxLength: 6 }),
    );
    const batches = fc.array(fc.array(run, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(batches, fc.nat(3_000), (batches, toRingEnd) => {
        const { noteRuns, fillRing } = setUp();
        fillRing(RING_BYTES - 64 - toRingEnd);
        const latest = new Map<number, Buffer>();
        for (const runs of batches) {
          const datagrams = runs.map((run) =>
            run.map(({ packet, forged }) => dataOf(7, BigInt(packet), forged ? 1 : 0, 64 + packet * 16)),
          );
          const isNoted = runs.flatMap((run) => run.map(({ isNoted }) => isNoted));
          const verdicts = noteRuns(datagrams, isNoted);
          for (const [i, datagram] of datagrams.flat().entries()) {
            if (!isNoted[i]) continue;
            const packet = Number(datagram.readBigUInt64LE(8));
            const before = latest.get(packet);
            const expected = before === undefined ? FIRST : before.equals(datagram) ? LATE : DIFFERS;
            expect(verdicts[i]).toBe(expected);
            latest.set(packet, datagram);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('recognises each of a run until its own bytes are overwritten', () => {
    const { note, noteRuns, fillRing } = setUp();
    noteRuns([[dataOf(7, 1n), dataOf(7, 2n)]]);
    fillRing(RING_BYTES - 128);
    expect(note(dataOf(7, 1n), 1)).toBe(LATE);
    fillRing(64);
    expect(note(dataOf(7, 1n), 1)).toBe(UNPROVEN);
    expect(note(dataOf(7, 2n), 1)).toBe(LATE);
  });

  it('compares within a batch even where nothing is kept', () => {
    const { note, noteRuns } = setUp({ keepBytes: 0 });
    const run = [dataOf(7, 1n), dataOf(7, 2n)];
    expect(noteRuns([run, run, [dataOf(7, 1n, 0xee)]])).toEqual([FIRST, FIRST, LATE, LATE, DIFFERS]);
    expect(note(dataOf(7, 2n), 0)).toBe(UNPROVEN);
  });

  it('takes no bytes hidden in another datagram for a copy, while the ring grows either', () => {
    const { note, fillRing } = setUp({ keepBytes: RING_BYTES * 2 });
    const genuine = dataOf(7, 2n, 0x11);
    fillRing(64);
    note(dataOf(7, 1n), 0); // at 64
    note(dataOf(7, 2n, 0xee), 2); // forged, at 128
    fillRing(RING_BYTES - 192);
    fillRing(64);
    const hiding = Buffer.concat([dataOf(9, 1n), genuine]); // lands on 64 and 128
    note(hiding, 2);
    expect(note(dataOf(7, 1n), 1)).toBe(UNPROVEN); // asks for more
    expect(note(genuine, 1)).not.toBe(LATE);
    fillRing(RING_BYTES - 192);
    fillRing(640); // it has grown
    expect(note(genuine, 1)).not.toBe(LATE);
  });
});

describe('RecentPackets, settling', () => {
  it('tells after a second which slots delivered, of those that could have', () => {
    const { note, recent, settled } = setUp();
    note(dataOf(7, 1n), 0, 0);
    note(dataOf(7, 1n), 2, 400_000);
    note(dataOf(7, 2n), -1, 500_000);
    recent.sweep(999_999);
    expect(settled).toEqual([]);
    recent.sweep(1_000_000);
    expect(settled).toEqual([{ session: 0, seen: 0b101, alive: ALIVE, timeUs: 0 }]);
    recent.sweep(2_000_000);
    expect(settled[1]).toEqual({ session: 0, seen: 0, alive: ALIVE, timeUs: 500_000 });
    expect(note(dataOf(7, 1n), 0, 2_000_000)).toBe(FIRST);
  });

  it('vouches for no path by what another one delivered in its slot', () => {
    const { note, recent, replace } = setUp();
    note(dataOf(7, 1n), 0);
    note(dataOf(7, 1n), 1);
    replace(1);
    expect(note(dataOf(7, 1n), 2)).toBe(LATE);
    expect(recent.seenBefore).toBe(0b001);
    note(dataOf(7, 1n), 1);
    note(dataOf(7, 1n), 0);
    expect(recent.seenBefore).toBe(0b111);
  });

  it('goes along with new packets, the oldest first, so that nothing is left to do at once', () => {
    const { note, recent, settled } = setUp();
    for (let counter = 0n; counter < 5n; counter++) note(dataOf(7, counter), 0, Number(counter));
    recent.keepUp(4);
    note(dataOf(7, 5n), 0, 2_000_000);
    expect(settled).toEqual([]);
    recent.keepUp(2_000_000);
    expect(settled.map(({ timeUs }) => timeUs)).toEqual([0, 1]);
    note(dataOf(7, 5n), 1, 2_000_000); // a late copy leaves no record
    recent.keepUp(2_000_000);
    note(dataOf(7, 6n), 0, 2_000_000);
    recent.keepUp(2_000_000);
    expect(settled.map(({ timeUs }) => timeUs)).toEqual([0, 1, 2, 3]);
    recent.sweep(2_000_000);
    expect(settled.map(({ timeUs }) => timeUs)).toEqual([0, 1, 2, 3, 4]);
  });

  it('comes early to the oldest only when there are more in a second than it can have places for', () => {
    const { note, recent, settled } = setUp();
    const most = 131_072;
    for (let counter = 0; counter < most + 1_000; counter++) note(dataOf(7, BigInt(counter)), 0, counter);
    const early = settled.length;
    expect(early).toBe(1_000 + 1); // a ring has one place less, to tell full from empty
    expect(settled.map(({ timeUs }) => timeUs)).toEqual([...Array(early).keys()]);
    expect(note(dataOf(7, BigInt(early)), 1, most)).toBe(UNPROVEN); // its bytes went earlier
    recent.sweep(1_000_000 + most + 1_000);
    expect(settled.length).toBe(most + 1_000);
  });

  it('comes to every packet once, whoever shares a bucket, ends or is carried elsewhere', () => {
    const session = fc.nat(2);
    const step = fc.oneof(
      // Few counters, three of which share each bucket.
      fc.record({ is: fc.constant('note'), session, counter: fc.nat(5), round: fc.nat(2) } as const),
      fc.record({ is: fc.constant('end'), session } as const),
      fc.record({ is: fc.constant('move'), session } as const),
      fc.record({ is: fc.constant('wait'), us: fc.nat(700_000) } as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { note, recent, settled } = setUp();
        let nowUs = 0;
        let packets = 0;
        for (const step of steps) {
          if (step.is === 'wait') nowUs += step.us;
          else if (step.is === 'end') recent.settleSession(step.session);
          else if (step.is === 'move') recent.put(step.session, recent.take(step.session));
          else {
            const packet = dataOf(7, BigInt(step.counter + step.round * 2 ** 17));
            if (note(packet, 0, nowUs, step.session) === FIRST) packets++;
          }
        }
        recent.sweep(nowUs + 1_000_000);
        expect(settled.length).toBe(packets);
        recent.sweep(nowUs + 2_000_000);
        expect(settled.length).toBe(packets);
      }),
    );
  });

  it('settles the packets of a session that ends, and no others', () => {
    const { note, recent, settled } = setUp();
    note(dataOf(7, 1n), 0, 0, 0);
    note(dataOf(8, 1n), 0, 0, 1);
    recent.settleSession(1);
    expect(settled.map(({ session }) => session)).toEqual([1]);
    expect(note(dataOf(8, 1n), 1, 0, 1)).toBe(FIRST);
    expect(note(dataOf(7, 1n), 1, 0, 0)).toBe(LATE);
  });
});

function setUp({ compares = true, keepBytes = RING_BYTES } = {}) {
  const settled: { session: number; seen: number; alive: number; timeUs: number }[] = [];
  let joins = 0;
  let stayed = ALIVE;
  const recent = new RecentPackets(
    compares,
    () => stayed,
    (session, seen, alive, timeUs) => settled.push({ session, seen, alive, timeUs }),
  );
  /** Another path gets a slot. */
  const replace = (slot: number) => {
    joins++;
    stayed = ALIVE & ~(1 << slot);
  };
  const batch = lastingBatch(keepBytes);
  const note = (datagram: Uint8Array, slot: number, nowUs = 0, session = 0) => {
    recent.beginBatch(batch);
    const verdict = recent.note(
      fill(batch, [{ datagrams: [datagram] }]),
      0,
      session,
      slot,
      ALIVE,
      nowUs,
      joins,
    );
    recent.endBatch(batch);
    return verdict;
  };
  /** Each run is a message; what is not noted was dropped before. */
  const noteRuns = (runs: readonly (readonly Uint8Array[])[], isNoted?: readonly boolean[]) => {
    recent.beginBatch(batch);
    fill(
      batch,
      runs.map((datagrams) => ({ datagrams })),
    );
    const verdicts = Array.from({ length: batch.count }, (_, i) =>
      isNoted?.[i] === false ? undefined : recent.note(batch, i, 0, 0, ALIVE, 0, joins),
    );
    recent.endBatch(batch);
    return verdicts;
  };
  let filler = 1_000n;
  /** Other packets' bytes, so many in all. */
  const fillRing = (bytes: number) => {
    for (let rest = bytes; rest > 0; ) {
      // Never leave a rest too short to be a datagram of its own.
      const length = rest > BIG && rest - BIG < 64 ? BIG - 64 : Math.min(rest, BIG);
      note(dataOf(99, filler++, 0x55, length), 0);
      rest -= length;
    }
  };
  return { note, noteRuns, recent, settled, fillRing, replace };
}

it('sinceUs() takes what seems to lie ahead for now, also where the clock begins anew', () => {
  expect(sinceUs(1_000, 1_300)).toBe(300);
  expect(sinceUs(1_300, 1_000)).toBe(0);
  expect(sinceUs(2 ** 32 - 100, 200)).toBe(300);
  expect(sinceUs(200, 2 ** 32 - 100)).toBe(0);
});
