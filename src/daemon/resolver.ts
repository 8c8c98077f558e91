/**
 * Turns host names into addresses in the background: again after a failure, again at intervals, and says
 * when the answer changed. A name's last good addresses stay until better ones come.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A name that resolved is asked for again after this long. */
const REFRESH_MS = 30_000;
/** A name that failed: after this long at first, then twice as long each time, up to REFRESH_MS. */
const RETRY_MS = 1_000;

export interface ResolverEvents {
  onChange(): void;
  /** Told at the first failure of a row; `code` as in dns(3), e.g. ENOTFOUND. */
  onFailure(host: string, code: string): void;
  onSuccess(host: string, addresses: readonly string[]): void;
}

interface Entry {
  addresses: readonly string[];
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

export class Resolver {
  readonly #events: ResolverEvents;
  readonly #lookup: (host: string) => Promise<readonly string[]>;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  /** @param ask answers all addresses of a host name, in the order of preference */
  constructor(events: ResolverEvents, ask = askSystem) {
    this.#events = events;
    this.#lookup = ask;
  }

  /** The addresses known now; empty until a name has resolved. The first call for a name starts asking. */
  addresses(host: string): readonly string[] {
    if (isIP(host.split('%', 1)[0]!) !== 0) return [host];
    let entry = this.#entries.get(host);
    if (entry === undefined) {
      entry = { addresses: [], failures: 0, timer: undefined };
      this.#entries.set(host, entry);
      void this.#ask(host, entry);
    }
    return entry.addresses;
  }

  /** Asks at once for every name that has no address yet: the network may just have come up. */
  hurry(): void {
    for (const [host, entry] of this.#entries) {
      if (entry.addresses.length > 0 || entry.timer === undefined) continue;
      clearTimeout(entry.timer);
      void this.#ask(host, entry);
    }
  }

  /** Nothing is told after this, not even the answer that is on its way. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.values()) clearTimeout(entry.timer);
    this.#entries.clear();
  }

  async #ask(host: string, entry: Entry): Promise<void> {
    entry.timer = undefined;
    let delayMs = REFRESH_MS;
    try {
      const addresses = await this.#lookup(host);
      if (this.#isClosed) return;
      if (entry.failures > 0 || entry.addresses.length === 0) this.#events.onSuccess(host, addresses);
      entry.failures = 0;
      if (!isSame(entry.addresses, addresses)) {
        entry.addresses = addresses;
        this.#events.onChange();
      }
    } catch (error) {
      if (this.#isClosed) return;
      if (entry.failures++ === 0)
        this.#events.onFailure(host, (error as NodeJS.ErrnoException).code ?? 'UNKNOWN');
      delayMs = Math.min(RETRY_MS * 2 ** (entry.failures - 1), REFRESH_MS);
    }
    entry.timer = setTimeout(() => void this.#ask(host, entry), delayMs);
    entry.timer.unref();
  }
}

async function askSystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** Name servers rotate their answers; another order of the same addresses is no change. */
function isSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && after.every((address) => before.includes(address));
}
