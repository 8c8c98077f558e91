import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoginLimit, networkOf } from './login-limit.ts';

describe('LoginLimit', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('makes an address wait from its tenth failure to the end of its minute', async () => {
    const limit = new LoginLimit();
    for (let i = 0; i < 10; i++) {
      expect(await limit.waitSeconds('192.0.2.1')).toBe(0);
      await limit.countFailure('192.0.2.1');
      vi.advanceTimersByTime(1000);
    }
    expect(await limit.waitSeconds('192.0.2.1')).toBe(50);
    vi.advanceTimersByTime(49_000);
    expect(await limit.waitSeconds('192.0.2.1')).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(await limit.waitSeconds('192.0.2.1')).toBe(0);
  });

  test('counts the addresses of one IPv6 network together, and others apart', async () => {
    const limit = new LoginLimit();
    for (let i = 0; i < 10; i++) await limit.countFailure(`2001:db8:1:2::${i}`);
    expect(await limit.waitSeconds('2001:db8:1:2:ffff::1')).toBeGreaterThan(0);
    // In buckets by chance: of 20 others hardly any waits with it.
    const others = Array.from({ length: 20 }, (_, i) => limit.waitSeconds(`2001:db8:1:${i + 3}::1`));
    expect((await Promise.all(others)).filter((seconds) => seconds > 0).length).toBeLessThan(5);
  });

  test('is bounded in memory, however many addresses fail', async () => {
    const limit = new LoginLimit();
    for (let i = 0; i < 20_000; i++) await limit.countFailure(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(4096);
    expect(vi.getTimerCount()).toBeGreaterThan(3000);
  });
});

describe('networkOf()', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001::6', '2001:db8:1:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s is in %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
