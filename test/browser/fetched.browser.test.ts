/** What a page fetches: little, and from its own program only. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Browser, browserObstacle, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { ask } from './views.ts';

const SOON = { timeout: 15_000, interval: 100 };
const FIRST_LOAD_MAX_BYTES = 200_000;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('What is fetched', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await Promise.all([stage.waitForPage('client'), stage.waitForPage('server')]);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it('the documentation: every operation of the API, rendered from local files', async () => {
    const page = await browser.open(`${stage.pages.client}api/v2/docs`);
    await page.getByRole('heading', { name: /^rengarde/ }).waitFor();
    const { paths } = await ask<{ paths: Record<string, object> }>(stage, 'client', 'openapi.json');
    const operations = Object.values(paths).flatMap((path) => Object.keys(path));
    expect(operations.length).toBeGreaterThan(10);
    await expect.poll(() => page.locator('.opblock').count(), SOON).toBe(operations.length);
    await page.getByText('Leaves the link out, until restart or until kept').click();
    await page.getByText('The last link that works is left out with').waitFor();
  });

  it.each(['client', 'server'] as const)('first load of the %s: at most 200 kB', async (role) => {
    const page = await browser.open(stage.pages[role]);
    const network = await page.context().newCDPSession(page);
    const finished = new Map<string, number>();
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      finished.set(requestId, encodedDataLength);
    });
    await network.send('Network.enable');
    await network.send('Network.setCacheDisabled', { cacheDisabled: true });
    await page.reload();
    const seen = role === 'client' ? page.getByRole('article') : page.getByRole('cell', { name: 'carrying' });
    await seen.first().waitFor();
    const isComplete = "performance.getEntriesByType('resource').every((entry) => entry.responseEnd > 0)";
    await expect.poll(() => page.evaluate(isComplete), SOON).toBe(true);
    const bytes = [...finished.values()].reduce((sum, one) => sum + one, 0);
    console.log(`First load of the ${role}: ${bytes} bytes in ${finished.size} answers`);
    expect(finished.size).toBeGreaterThan(4);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_MAX_BYTES);
  });
});
