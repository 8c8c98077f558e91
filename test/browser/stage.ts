/**
 * What the page shows in the browser tests: the demo's tunnel with the built programs, real WireGuard endpoints and a
 * page on either side. Links do nothing by themselves; tests cut and worsen them.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Role, Tunnel, type TunnelLink, type TunnelOptions } from '../../src/demo/tunnel.ts';

/** The built programs; RENGARDE_LAB_BIN names another folder than dist/bin. The page lies beside that folder. */
const BIN = resolve(
  process.env.RENGARDE_LAB_BIN ?? fileURLToPath(new URL('../../dist/bin', import.meta.url)),
);
/** Folder of the built page. */
export const WEB = join(BIN, '../web');

const POLL_MS = 20;
const ANSWER_TIMEOUT_MS = 15_000;
/** Enough that no second is without packets, and little enough for a machine that runs a browser besides. */
const PACKETS_PER_SECOND = 100;
const LINKS: TunnelOptions['links'] = [
  { name: 'Fibre', traits: { delayMs: 5, jitterMs: 1, lossShare: 0 } },
  { name: 'LTE', traits: { delayMs: 30, jitterMs: 5, lossShare: 0 } },
  { name: 'Satellite', traits: { delayMs: 120, jitterMs: 10, lossShare: 0 } },
];

/** Why no page can be shown here, null when it can: for suites' titles. */
export const pageObstacle: string | null =
  existsSync(built('client')) && existsSync(WEB)
    ? null
    : 'programs and page are not built, run "npm run build"';

/** Why the programs cannot run, null when they can; their pages may be missing. */
export const programObstacle: string | null = existsSync(built('client'))
  ? null
  : 'the programs are not built, run "npm run build"';

/** `start()`, then `stop()` in any case. The addresses to open are in `pages`. */
export class Stage extends Tunnel {
  /** Without page control unless told otherwise: as a client that no demo started. */
  constructor(options: Partial<TunnelOptions> = {}) {
    super({
      links: LINKS,
      packetsPerSecond: PACKETS_PER_SECOND,
      hasPageControl: false,
      nodeArguments: (role) => [built(role)],
      ...options,
    });
  }

  link(name: string): TunnelLink {
    const found = this.links.find((link) => link.name === name);
    if (found === undefined) throw new Error(`Cannot find link "${name}" on the stage`);
    return found;
  }

  cut(name: string): void {
    this.setCut(this.link(name), true);
  }

  restore(name: string): void {
    this.setCut(this.link(name), false);
  }

  /** As a crash: no clean-up. The page stays open and finds nobody. */
  async kill(role: Role): Promise<void> {
    await this.endProgram(role, 'SIGKILL');
  }

  /** Waits until the program's page answers; rejects with what the programs said when it does not. */
  async waitForPage(role: Role): Promise<void> {
    const startMs = performance.now();
    while (!(await answers(this.pages[role]))) {
      if (this.failure !== null) throw new Error(this.failure);
      if (performance.now() - startMs > ANSWER_TIMEOUT_MS) {
        throw new Error(`Cannot reach the ${role}'s page ${this.pages[role]} within ${ANSWER_TIMEOUT_MS} ms`);
      }
      await sleep(POLL_MS);
    }
  }
}

/** Any answer will do, a refusal too: somebody listens. */
async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.body?.cancel();
      return true;
    },
    () => false,
  );
}

/** The file of a program. */
export function built(role: Role): string {
  return join(BIN, `rengarde-${role}.js`);
}
