import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Resolver } from './resolver.ts';

const HOST = 'server.test';

describe('Resolver', () => {
  let answer: readonly string[] | Error;
  let asked: number;
  let said: string[];
  let resolver: Resolver;

  beforeEach(() => {
    vi.useFakeTimers();
    answer = ['192.0.2.1'];
    asked = 0;
    said = [];
    const events = {
      onChange: () => said.push('change'),
      onFailure: (host: string, code: string) => said.push(`failure ${host} ${code}`),
      onSuccess: (host: string, addresses: readonly string[]) => said.push(`success ${host} ${addresses}`),
    };
    resolver = new Resolver(events, async () => {
      asked++;
      if (answer instanceof Error) throw answer;
      return answer;
    });
  });
  afterEach(() => {
    resolver.close();
    vi.useRealTimers();
  });

  /** Lets `ms` pass, and what was waiting for an answer go on. */
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const notFound = () => Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });

  test.each(['192.0.2.9', '2001:db8::9', 'fe80::9%eth0'])(
    'addresses() gives the literal %s back',
    (literal) => {
      expect(resolver.addresses(literal)).toEqual([literal]);
      expect(asked).toBe(0);
    },
  );

  test('addresses() asks once, has nothing at first, and tells when the answer came', async () => {
    expect(resolver.addresses(HOST)).toEqual([]);
    expect(resolver.addresses(HOST)).toEqual([]);
    await pass(0);
    expect(resolver.addresses(HOST)).toEqual(['192.0.2.1']);
    expect(asked).toBe(1);
    expect(said).toEqual([`success ${HOST} 192.0.2.1`, 'change']);
  });

  test('a failure is told once and retried ever more slowly, up to every 30 s', async () => {
    answer = notFound();
    resolver.addresses(HOST);
    await pass(0);
    const askedAt: number[] = [];
    for (let seconds = 1, before = asked; seconds <= 100; seconds++) {
      await pass(1_000);
      if (asked > before) askedAt.push(seconds);
      before = asked;
    }
    expect(askedAt).toEqual([1, 3, 7, 15, 31, 61, 91]);
    expect(said).toEqual([`failure ${HOST} ENOTFOUND`]);

    answer = ['192.0.2.1'];
    await pass(30_000);
    expect(said.slice(1)).toEqual([`success ${HOST} 192.0.2.1`, 'change']);
  });

  test('asks again every 30 s, and tells of other addresses only', async () => {
    answer = ['192.0.2.1', '192.0.2.2'];
    resolver.addresses(HOST);
    await pass(0);
    said.length = 0;

    answer = ['192.0.2.2', '192.0.2.1'];
    await pass(30_000);
    expect(asked).toBe(2);
    expect(said, 'another order').toEqual([]);
    expect(resolver.addresses(HOST)).toEqual(['192.0.2.1', '192.0.2.2']);

    answer = ['192.0.2.2'];
    await pass(30_000);
    expect(said, 'one fewer').toEqual(['change']);
    answer = ['192.0.2.3'];
    await pass(30_000);
    expect(said, 'another').toEqual(['change', 'change']);
    expect(resolver.addresses(HOST)).toEqual(['192.0.2.3']);
  });

  test('keeps the last good addresses through failures', async () => {
    resolver.addresses(HOST);
    await pass(0);
    answer = notFound();
    await pass(45_000);
    expect(resolver.addresses(HOST)).toEqual(['192.0.2.1']);
    expect(said.slice(2)).toEqual([`failure ${HOST} ENOTFOUND`]);
    answer = ['192.0.2.1'];
    await pass(30_000);
    expect(said.slice(3), 'the same as before: no change').toEqual([`success ${HOST} 192.0.2.1`]);
  });

  test('hurry() asks at once for what has no address, and for nothing else', async () => {
    resolver.addresses(HOST);
    await pass(0);
    answer = notFound();
    resolver.addresses('other.test');
    await pass(20_000);
    const before = asked;
    answer = ['192.0.2.7'];
    resolver.hurry();
    resolver.hurry();
    await pass(0);
    expect(asked).toBe(before + 1);
    expect(resolver.addresses('other.test')).toEqual(['192.0.2.7']);
  });

  test('close() ends it: no more questions, and a late answer is not told', async () => {
    resolver.addresses(HOST);
    resolver.close();
    await pass(120_000);
    expect(asked).toBe(1);
    expect(said).toEqual([]);
  });
});
