/**
 * Slows down those who try passwords: so many failures of an address, and it waits until its minute is over,
 * with the right password too. Memory is bounded: addresses are counted in a fixed number of buckets, chosen by
 * a salted digest, so that nobody can aim at another's bucket; two in one bucket wait together.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';

const FAILURES = 10;
const WINDOW_SECONDS = 60;
const BUCKETS = 4096;

/** Failed logins of the last minute. */
export class LoginLimit {
  readonly #limiter = new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS });
  readonly #salt = randomBytes(16);

  /** Whole seconds that this address has to wait; 0: it may try. */
  async waitSeconds(address: string): Promise<number> {
    const record = await this.#limiter.get(this.#bucketOf(address));
    if (record === null || record.consumedPoints < FAILURES || record.msBeforeNext <= 0) return 0;
    return Math.ceil(record.msBeforeNext / 1000);
  }

  async countFailure(address: string): Promise<void> {
    await this.#limiter.penalty(this.#bucketOf(address));
  }

  #bucketOf(address: string): string {
    const digest = createHmac('sha256', this.#salt).update(networkOf(address)).digest();
    return String(digest.readUInt16BE(0) % BUCKETS);
  }
}

/** IPv4: the address. IPv6: its first 64 bits, because one host commands all the others of its network. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined) {
    const missing = Math.max(8 - groups.length - tailGroups.length, 0);
    groups.push(...Array<string>(missing).fill('0'), ...tailGroups);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
