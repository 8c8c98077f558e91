/**
 * The system's Chromium, driven by playwright-core, as a person with strict habits: a page that writes an error to the
 * console, or asks any host but its own for anything, fails its test.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, type Browser as Chromium, chromium, type Page } from 'playwright-core';

/** A desktop, and a phone at the width below which nothing need fit. */
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** How a page is looked at. */
export interface Look {
  /** Default: DESKTOP. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Default: light. */
  readonly colours?: 'light' | 'dark';
  /** For a page behind a login. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** For whatever a page is waited for: news come every second, a busy machine is slower. */
const TIMEOUT_MS = 15_000;
const executablePath = findOnPath('chromium');
const SCREENSHOTS = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url));

/** Why no browser can run here, null when it can: for suites' titles. */
export const browserObstacle: string | null =
  executablePath === undefined ? 'needs the command chromium' : null;

/** A suite's title, with the reason when it is skipped: for `describe.skipIf(obstacle !== null)`. */
export function titled(title: string, obstacle: string | null): string {
  return obstacle === null ? title : `${title} (skipped: ${obstacle})`;
}

/** Keeps what the page shows in .cache/screenshots, to be looked at; the whole of it, not only what fits the screen. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** One browser for a file of tests: `launch()` before all, `closePages()` after each, `close()` after all. */
export class Browser {
  readonly #chromium: Chromium;
  #contexts: BrowserContext[] = [];
  #problems: string[] = [];
  #expected: RegExp[] = [];

  static async launch(): Promise<Browser> {
    // Its sandbox needs what containers and root don't have; the only pages it sees are ours.
    const args = ['--no-sandbox'];
    return new Browser(
      await chromium.launch({ args, ...(executablePath !== undefined && { executablePath }) }),
    );
  }

  private constructor(chromium: Chromium) {
    this.#chromium = chromium;
  }

  /** Opens the address in a window of its own that knows nothing of the others'. */
  async open(url: string, { size = DESKTOP, colours = 'light', login }: Look = {}): Promise<Page> {
    const context = await this.#chromium.newContext({
      viewport: { ...size },
      colorScheme: colours,
      locale: 'en-GB',
      ...(login !== undefined && { httpCredentials: { ...login } }),
    });
    this.#contexts.push(context);
    const { host } = new URL(url);
    context.on('request', (request) => {
      const asked = new URL(request.url());
      const isOwn = asked.host === host || asked.protocol === 'data:' || asked.protocol === 'blob:';
      if (!isOwn) this.#problems.push(`The page asked another host: ${request.url()}`);
    });
    context.on('console', (message) => {
      if (message.type() !== 'error') return;
      this.#problems.push(`The page wrote an error: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => {
      this.#problems.push(`The page threw: ${error.error().stack ?? error.error().message}`);
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Until the end of this test, such problems are none: of a page whose program is killed, for example. */
  expectProblems(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Closes all windows. Rejects when a page had problems: in `afterEach` this fails the test. */
  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
    const expected = this.#expected.splice(0);
    const problems = this.#problems.splice(0).filter((one) => !expected.some((pattern) => pattern.test(one)));
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  async close(): Promise<void> {
    await this.#chromium.close();
  }
}

function findOnPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(':')
    .map((directory) => join(directory, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false; // Not there, or not for us: both mean "look further".
      }
    });
}
