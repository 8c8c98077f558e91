/**
 * ClientPaths with a stand-in for the packet loop, whose real one is a thread of built code: it answers
 * when the test says so, and keeps account of the sockets. The real one is tested in the lab.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PacketLoop } from '../loop/index.ts';
import type { Fault, PathSpec, SocketAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { ClientPaths, MOST_CLIENT_PATHS } from './client-paths.ts';
import type { Candidate } from './path-plan.ts';

const FAULT: Fault = { code: 'ENODEV', message: 'Cannot open path: bind answered ENODEV' };

class FakeLoop {
  /** Sockets open now, by number. */
  readonly open = new Map<number, PathSpec>();
  /** By slot: the number of the path that sends. As in the real one, what opens takes a slot over. */
  readonly #sending = new Map<number, number>();
  readonly calls: string[] = [];
  /** What the next answers are; without any, every path opens. */
  readonly answers: (Fault | Promise<void>)[] = [];

  async openPath(number: number, slot: number, spec: PathSpec): Promise<SocketAddress | Fault> {
    this.calls.push(`open ${spec.name} ${spec.destination.address}`);
    const answer = this.answers.shift();
    if (answer instanceof Promise) await answer;
    else if (answer !== undefined) return answer;
    if (this.open.has(number)) throw new Error(`number ${number} is taken`);
    this.open.set(number, spec);
    this.#sending.set(slot, number);
    return { address: spec.source ?? '192.0.2.1', port: 40_000 };
  }

  closePath(number: number): void {
    this.calls.push(`close ${this.open.get(number)?.name} ${this.open.get(number)?.destination.address}`);
    this.open.delete(number);
    for (const [slot, sender] of this.#sending) if (sender === number) this.#sending.delete(slot);
  }

  /** Where copies go: names and addresses. */
  get sending(): string[] {
    const specs = [...this.#sending.values()].map((number) => this.open.get(number)!);
    return specs.map(({ name, destination }) => `${name} ${destination.address}`).sort();
  }
}

function planned(name: string, address = '198.51.100.1'): Candidate {
  const path = { name, destination: { address, port: 7 }, key: `${name}|${address}` };
  return { name, reason: '', path };
}

function without(name: string, reason: string, isExcluded = false): Candidate {
  return { name, reason, ...(isExcluded && { excludedBy: 'file' as const }) };
}

describe('ClientPaths', () => {
  let loop: FakeLoop;
  let said: string[];
  let retries: number;
  let paths: ClientPaths;
  let events: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    loop = new FakeLoop();
    said = [];
    retries = 0;
    const say = (level: string) => (_: object, message: string) => said.push(`${level} ${message}`);
    const log = { debug: say('debug'), info: say('info'), warn: say('warn') } as unknown as Log;
    const retry = () => {
      retries++;
      paths.follow(paths.candidates);
    };
    events = [];
    paths = new ClientPaths(loop as unknown as PacketLoop, log, retry, {
      onOpen: (name, { slot }, before) =>
        events.push(
          before === undefined ? `${name} opens in slot ${slot}` : `${name} changes in slot ${slot}`,
        ),
      onClose: (name) => events.push(`${name} closes`),
    });
  });
  afterEach(() => {
    paths.close();
    vi.useRealTimers();
  });

  const settle = () => vi.advanceTimersByTimeAsync(0);
  async function follow(...candidates: Candidate[]): Promise<void> {
    paths.follow(candidates);
    await settle();
  }
  const calls = () => loop.calls.splice(0);
  const heard = () => said.splice(0);

  test('follow() opens what is planned, once', async () => {
    await follow(planned('a'), planned('b'));
    await follow(planned('a'), planned('b'));
    expect(calls()).toEqual(['open a 198.51.100.1', 'open b 198.51.100.1']);
    expect(heard()).toEqual(['info path a is open', 'info path b is open']);
    expect(paths.count).toBe(2);
    expect(paths.find('b')?.number).not.toBe(paths.find('a')?.number);
  });

  test('follow() replaces what changed: the new socket first, then the old one goes', async () => {
    await follow(planned('a'));
    calls();
    await follow(planned('a', '198.51.100.2'));
    expect(calls()).toEqual(['open a 198.51.100.2', 'close a 198.51.100.1']);
    expect(heard().at(-1)).toBe('info path a changed');
    expect(paths.count).toBe(1);
  });

  test('follow() keeps the old socket as long as the new one will not open', async () => {
    await follow(planned('a'));
    loop.answers.push(FAULT);
    await follow(planned('a', '198.51.100.2'));
    expect([...loop.open.values()].map(({ destination }) => destination.address)).toEqual(['198.51.100.1']);
    await vi.advanceTimersByTimeAsync(50);
    expect([...loop.open.values()].map(({ destination }) => destination.address)).toEqual(['198.51.100.2']);
  });

  test('follow() closes what lost its address or its interface, and says why', async () => {
    await follow(planned('a'), planned('b'));
    heard();
    await follow(without('a', 'no usable address'));
    expect(heard()).toEqual(
      [
        'info no path over a: no usable address',
        'warn path a is closed: no usable address',
        'warn path b is closed: interface is gone',
      ].filter((line) => !line.startsWith('info')),
    );
    expect(loop.open.size).toBe(0);
    expect(paths.count).toBe(0);
  });

  test('follow() gives each reason once, and those by choice to the curious only', async () => {
    const list = [without('a', 'no usable address'), without('lo', 'loopback', true)];
    await follow(...list);
    await follow(...list);
    expect(heard()).toEqual(['info no path over a: no usable address', 'debug no path over lo: loopback']);
    await follow(without('a', 'down, no usable address'));
    expect(heard()).toEqual(['info no path over a: down, no usable address']);
  });

  test('follow() drops a socket that opened too late, when the plan had changed again', async () => {
    let arrive = () => {};
    loop.answers.push(new Promise((resolve) => (arrive = resolve)));
    await follow(planned('a'));
    await follow();
    arrive();
    await settle();
    expect(loop.open.size).toBe(0);
    expect(paths.count).toBe(0);
  });

  test('a link goes on sending when the plan returns to what it was while a change is being opened', async () => {
    const [first, second] = ['198.51.100.1', '198.51.100.2'];
    await follow(planned('a', first));
    let arrive = () => {};
    loop.answers.push(new Promise((resolve) => (arrive = resolve)));
    await follow(planned('a', second));
    await follow(planned('a', first));
    arrive();
    await settle();
    expect(loop.sending).toEqual([`a ${first}`]);
    expect(loop.open.size).toBe(1);
    expect(loop.open.get(paths.find('a')!.number)?.destination.address).toBe(first);
  });

  test('a link ends on what is planned last, however its changes overtake each other', async () => {
    const [first, second] = ['198.51.100.1', '198.51.100.2'];
    const arrivals: (() => void)[] = [];
    for (let i = 0; i < 2; i++) loop.answers.push(new Promise((resolve) => arrivals.push(resolve)));
    await follow(planned('a', first));
    await follow(planned('a', second));
    await follow(planned('a', first));
    for (const arrive of arrivals) {
      arrive();
      await settle();
    }
    expect(loop.sending).toEqual([`a ${first}`]);
    expect(loop.open.size).toBe(1);
  });

  test('a link that is being opened keeps its slot when all are given away', async () => {
    const names = Array.from({ length: MOST_CLIENT_PATHS }, (_, i) => `p${i}`);
    await follow(...names.map((name) => planned(name)));
    await follow(...names.slice(2).map((name) => planned(name)));
    let arrive = () => {};
    loop.answers.push(new Promise((resolve) => (arrive = resolve)));
    await follow(...names.slice(2).map((name) => planned(name)), planned('p0'), planned('late'));
    arrive();
    await settle();
    expect(loop.sending).toHaveLength(MOST_CLIENT_PATHS);
    expect(paths.count).toBe(MOST_CLIENT_PATHS);
  });

  test('follow() does not ask twice for what is being opened', async () => {
    let arrive = () => {};
    loop.answers.push(new Promise((resolve) => (arrive = resolve)));
    await follow(planned('a'));
    await follow(planned('a'));
    arrive();
    await settle();
    expect(calls()).toEqual(['open a 198.51.100.1']);
    expect(paths.count).toBe(1);
  });

  test('what will not open is tried again after 50 ms, then ever later, and complained of once', async () => {
    loop.answers.push(...Array.from({ length: 10 }, () => FAULT));
    await follow(planned('a'));
    const at: number[] = [];
    for (let ms = 10; ms <= 30_000; ms += 10) {
      const before = retries;
      await vi.advanceTimersByTimeAsync(10);
      if (retries > before) at.push(ms);
    }
    expect(at).toEqual([50, 150, 350, 750, 1_550, 3_150, 6_350, 11_350, 16_350, 21_350]);
    expect(heard()).toEqual([`warn ${FAULT.message}; trying again`, 'info path a is open']);
  });

  test('a failure of what is no longer planned holds up nothing', async () => {
    loop.answers.push(...Array.from({ length: 8 }, () => FAULT));
    await follow(planned('a'));
    await vi.advanceTimersByTimeAsync(7_000);
    await follow();
    heard();
    void loop.answers.splice(0, 8, FAULT);
    await follow(planned('a'));
    expect(heard(), 'news again').toEqual([`warn ${FAULT.message}; trying again`]);
    await vi.advanceTimersByTimeAsync(50);
    expect(paths.count).toBe(1);
  });

  test('gives a link its slot for good', async () => {
    await follow(planned('a'), planned('b'));
    await follow(planned('b'));
    await follow(planned('b'), planned('c'), planned('a'));
    expect(events).toEqual([
      'a opens in slot 0',
      'b opens in slot 1',
      'a closes',
      'c opens in slot 2',
      'a opens in slot 0',
    ]);
  });

  test(`has ${MOST_CLIENT_PATHS} places; one more waits until a place is free`, async () => {
    const many = Array.from({ length: MOST_CLIENT_PATHS }, (_, i) => planned(`p${i}`));
    await follow(...many, planned('late'));
    expect(paths.count).toBe(MOST_CLIENT_PATHS);
    expect(heard()).toContain('warn Cannot open path "late": all 31 places are taken; trying again');
    await follow(...many.slice(1), planned('late'));
    expect(paths.find('late')).toBeDefined();
    expect(new Set(loop.open.keys()).size).toBe(MOST_CLIENT_PATHS);
  });

  test('hurry() makes the delays short again, and complains no more', async () => {
    loop.answers.push(...Array.from({ length: 9 }, () => FAULT));
    await follow(planned('a'));
    await vi.advanceTimersByTimeAsync(7_000);
    const before = retries;
    paths.hurry();
    await follow(planned('a'));
    await vi.advanceTimersByTimeAsync(100);
    expect(retries).toBe(before + 1);
    expect(paths.count).toBe(1);
    expect(heard().filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  test('a failure costs no place, however often', async () => {
    loop.answers.push(...Array.from({ length: 2 * MOST_CLIENT_PATHS }, () => FAULT));
    await follow(planned('a'));
    await vi.advanceTimersByTimeAsync(2 * MOST_CLIENT_PATHS * 5_000);
    expect(paths.count).toBe(1);
  });

  test('close() ends the retries', async () => {
    loop.answers.push(FAULT);
    await follow(planned('a'));
    paths.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(retries).toBe(0);
  });
});
