/** Every view on a phone and a desktop, light and dark: it fits the width, and a machine finds it accessible. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClientOverview, Outage } from '../../src/contract/index.ts';
import { Browser, browserObstacle, DESKTOP, keepScreenshot, PHONE, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { addressOf, ask, lookThrough, VIEWS } from './views.ts';
import { violationsIn } from './violations.ts';

const SOON = { timeout: 20_000, interval: 100 };
const SIZES = [
  { name: 'phone', size: PHONE },
  { name: 'desktop', size: DESKTOP },
];
const OUTAGE_SECONDS = 3;
/** Strips and charts are drawn anew in the next frame. */
const PAINTED = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('Looks', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;

  /** So that every view has something to show: an outage that is over, one that lasts, losses. */
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await Promise.all([stage.waitForPage('client'), stage.waitForPage('server')]);
    await fetch(`${stage.pages.client}api/v2/paths/Fibre/exclude`, { method: 'POST' });
    await fetch(`${stage.pages.client}api/v2/paths/Fibre/include`, { method: 'POST' });
    stage.link('Satellite').link.change({ lossShare: 0.1 });
    await vi.waitFor(async () => {
      const { session } = await ask<ClientOverview>(stage, 'client', 'overview');
      for (const { windows } of session.paths) expect(windows.start.packetsIn).toBeGreaterThan(100);
    }, SOON);
    const lasts = async (name: string) => {
      const { outages } = await ask<{ outages: Outage[] }>(stage, 'client', 'outages');
      expect(outages.find(({ path }) => path === name)?.seconds).toBeGreaterThanOrEqual(OUTAGE_SECONDS);
    };
    stage.cut('LTE');
    await vi.waitFor(() => lasts('LTE'), SOON);
    stage.restore('LTE');
    stage.cut('Satellite');
    await vi.waitFor(() => lasts('Satellite'), SOON);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it.each(VIEWS.map((view) => [`${view.role}, ${view.name}`, view] as const))(
    '%s: fits and is accessible',
    async (_, view) => {
      const page = await browser.open(await addressOf(view, stage));
      await lookThrough(view, page);
      for (const summary of await page.locator('summary').all()) await summary.click();
      for (const { name, size } of SIZES) {
        await page.setViewportSize(size);
        for (const colours of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme: colours });
          await page.evaluate('scrollTo(0, 0)');
          await page.evaluate(PAINTED);
          await keepScreenshot(page, `${name}-${view.role}-${view.name}-${colours}`);
          expect([name, colours, ...(await violationsIn(page))]).toEqual([name, colours]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(size.width);
        }
      }
    },
  );
});
