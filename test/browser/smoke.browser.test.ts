/** What the browser tests stand on, each by itself: the browser's strictness, the stage, and both pages opening. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser, browserObstacle, keepScreenshot, PHONE, titled } from './browser.ts';
import { pageObstacle, programObstacle, Stage } from './stage.ts';

describe.skipIf(browserObstacle !== null)(titled('Browser', browserObstacle), () => {
  const FAULTY = `<!doctype html><link rel="icon" href="data:,">
    <script>console.error('oops'); fetch('http://127.0.0.2:9/').catch(() => {}); throw new Error('thrown');</script>`;
  const FINE = '<!doctype html><link rel="icon" href="data:,"><p>Fine</p>';
  let browser: Browser;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    browser = await Browser.launch();
    server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(request.url === '/faulty' ? FAULTY : FINE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('lets a page without problems pass, in the size and colours asked for', async () => {
    const page = await browser.open(url, { size: PHONE, colours: 'dark' });
    expect(await page.evaluate('innerWidth')).toBe(360);
    expect(await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(true);
    await browser.closePages();
  });

  it('fails a page for its errors and for asking another host', async () => {
    const page = await browser.open(`${url}/faulty`);
    await page.waitForLoadState('networkidle');
    const problems: Error = await browser.closePages().then(
      () => new Error('none'),
      (error) => error,
    );
    expect(problems.message).toMatch(/^The page wrote an error: oops/m);
    expect(problems.message).toMatch(/^The page threw: Error: thrown/m);
    expect(problems.message).toMatch(/^The page asked another host: http:\/\/127\.0\.0\.2:9\/$/m);
    await browser.closePages(); // said once
  });

  it('overlooks the problems that a test expects, in that test only', async () => {
    browser.expectProblems(/oops|thrown|127\.0\.0\.2/);
    await (await browser.open(`${url}/faulty`)).waitForLoadState('networkidle');
    await browser.closePages();
    await (await browser.open(`${url}/faulty`)).waitForLoadState('networkidle');
    await expect(browser.closePages()).rejects.toThrow('oops');
  });
});

describe.skipIf(programObstacle !== null)(titled('Stage', programObstacle), () => {
  const stage = new Stage();
  beforeAll(() => stage.start());
  afterAll(() => stage.stop());

  it('carries packets both ways, also by a client that was killed and started again', async () => {
    for (const isRestarted of [false, true]) {
      if (isRestarted) {
        await stage.kill('client');
        stage.startProgram('client');
      }
      const before = [stage.up.counters.received, stage.down.counters.received];
      const hasGrown = () =>
        stage.up.counters.received > before[0]! + 50 && stage.down.counters.received > before[1]! + 50;
      while (!hasGrown()) {
        expect(stage.failure).toBe(null);
        await sleep(20);
      }
    }
  });
});

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('both pages', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it.each(['client', 'server'] as const)('opens the page of the %s', async (role) => {
    await stage.waitForPage(role);
    const page = await browser.open(stage.pages[role]);
    await page.getByRole('heading').first().waitFor();
    await keepScreenshot(page, `smoke-${role}`);
  });
});
