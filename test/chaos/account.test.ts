import { describe, expect, test } from 'vitest';
import { type Evidence, graceMs, isOutside, judge, Ledger, mostQueuedMs, slowPackets } from './account.ts';

/** Ten packets each way, one every 100 ms from 1,000 ms on, all received 5 ms later. */
function allReceived(): Evidence & { ledgers: { up: Ledger; down: Ledger } } {
  const ledgers = { up: new Ledger(), down: new Ledger() };
  for (const ledger of Object.values(ledgers)) {
    for (let number = 0; number < 10; number += 1) {
      ledger.sent(number, 1_000 + number * 100);
      ledger.received(number, 1_005 + number * 100);
    }
  }
  return { ledgers, windows: [], spells: [], labDrops: [] };
}

function withoutPackets(...numbers: number[]) {
  const evidence = allReceived();
  for (const number of numbers) delete evidence.ledgers.up.receivedAtMs[number];
  return evidence;
}

describe('judge()', () => {
  test('finds nothing lost when everything came', () => {
    expect(judge(allReceived())).toEqual([]);
  });

  test('finds each packet that never came, and what was being done at that moment', () => {
    const spell = { kind: 'loss', target: '1', fromMs: 1_250, toMs: 1_350 };
    const lost = judge({ ...withoutPackets(3, 7), spells: [spell] });
    expect(lost).toEqual([
      { direction: 'up', number: 3, sentAtMs: 1_300, during: [spell] },
      { direction: 'up', number: 7, sentAtMs: 1_700, during: [] },
    ]);
    expect(lost.filter(isOutside)).toHaveLength(2);
  });

  test.each([
    [graceMs - 1, 0],
    [graceMs, 1],
  ])('takes a packet that needed %i ms for %i lost', (delayMs, wanted) => {
    const evidence = allReceived();
    evidence.ledgers.down.receivedAtMs[4] = 1_400 + delayMs;
    expect(judge(evidence)).toHaveLength(wanted);
  });

  test('names what took long outside of the windows', () => {
    const evidence = { ...allReceived(), windows: [{ what: 'stopped', fromMs: 1_600, toMs: 1_700 }] };
    for (const number of [2, 6]) evidence.ledgers.down.receivedAtMs[number] = 2_000;
    expect(slowPackets(evidence)).toEqual([
      { direction: 'down', number: 2, sentAtMs: 1_200, delayMs: 800, during: [] },
    ]);
  });

  test('excuses what was sent in a window, its end not included', () => {
    const windows = [{ what: 'killed', fromMs: 1_300, toMs: 1_500 }];
    const lost = judge({ ...withoutPackets(1, 3, 4, 5), windows });
    expect(lost.map(({ window }) => window)).toEqual([undefined, 'killed', 'killed', undefined]);
    expect(lost.filter(isOutside).map(({ number }) => number)).toEqual([1, 5]);
  });

  test('excuses on the way down what was sent before the client was heard again, for a second at most', () => {
    const { ledgers } = allReceived();
    for (let number = 10; number < 30; number += 1) ledgers.down.sent(number, 1_000 + number * 100);
    ledgers.down.receivedAtMs.length = 3;
    const windows = [{ what: 'killed', fromMs: 1_250, toMs: 1_450 }];
    const firstOutside = () =>
      judge({ ledgers, windows, spells: [], labDrops: [] }).find(
        (packet) => packet.direction === 'down' && isOutside(packet),
      )?.number;
    expect(firstOutside()).toBe(6); // at 1,600 ms: heard at 1,405 ms, and 100 ms more
    ledgers.up.receivedAtMs.length = 4;
    ledgers.up.received(4, 1_805);
    expect(firstOutside()).toBe(10);
    ledgers.up.receivedAtMs.length = 4;
    expect(firstOutside()).toBe(15);
  });

  test('excuses the queue that died with its program: a row of losses that reaches into the window', () => {
    const windows = [{ what: 'killed', fromMs: 1_550, toMs: 1_700 }];
    const inRow = judge({ ...withoutPackets(1, 3, 4, 5, 6), windows });
    expect(inRow.filter(isOutside).map(({ number }) => number)).toEqual([1]);
    const withGap = judge({ ...withoutPackets(3, 4, 6), windows });
    expect(withGap.filter(isOutside).map(({ number }) => number)).toEqual([3, 4]);
  });

  test('does not excuse a queue of more than a second', () => {
    const evidence = withoutPackets(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    const windows = [{ what: 'killed', fromMs: 1_050 + mostQueuedMs, toMs: 3_000 }];
    evidence.ledgers.up.sent(10, 1_060 + mostQueuedMs);
    expect(
      judge({ ...evidence, windows })
        .filter(isOutside)
        .map(({ number }) => number),
    ).toEqual([0]);
  });

  test.each([
    ['as many as the kernel counted', { direction: 'up' as const, count: 2 }, 1],
    ['none of the other direction', { direction: 'down' as const, count: 2 }, 3],
    ['of either when nobody knows', { count: 9 }, 0],
    ['none that was sent afterwards', { fromMs: 900, toMs: 950, count: 9 }, 3],
    ['none that had long arrived or not', { fromMs: 9_000, toMs: 9_100, count: 9 }, 3],
  ])("lets this lab's own drops account for %s", (_, drops, wanted) => {
    const labDrops = [{ what: "the referee's socket was full", fromMs: 1_900, toMs: 2_100, ...drops }];
    expect(judge({ ...withoutPackets(1, 2, 3), labDrops }).filter(isOutside)).toHaveLength(wanted);
  });

  test('does not count what the kernel refused to send', () => {
    const evidence = withoutPackets(6);
    evidence.ledgers.up.refuse(6);
    expect(judge(evidence)).toEqual([]);
    expect(evidence.ledgers.up.count).toBe(9);
  });
});

describe('Ledger', () => {
  test('counts a packet that came again', () => {
    const { up } = allReceived().ledgers;
    up.received(3, 2_000);
    expect(up.repeated).toBe(1);
    expect(up.receivedAtMs[3]).toBe(1_305);
  });

  test('gives the delays in order of size', () => {
    const { up } = withoutPackets(0).ledgers;
    up.receivedAtMs[9] = 1_901;
    expect(up.delaysMs([])).toEqual([1, ...Array(8).fill(5)]);
    expect(up.delaysMs([{ fromMs: 1_900, toMs: 1_901 }])).toEqual(Array(8).fill(5));
  });
});
