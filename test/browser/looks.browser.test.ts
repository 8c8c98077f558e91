/** Every view on a phone and a desktop, light and dark: it fits the width, and a machine finds it accessible. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClientOverview, Outage } from '../../src/contract/index.ts';
import { Browser, browserObstacle, DESKTOP, keepScreenshot, PHONE, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { addressOf, ask, lookThrough, VIEWS } from './views.ts';

const SOON = { timeout: 20_000, interval: 100 };
const SIZES = [
  { name: 'phone', size: PHONE },
  { name: 'desktop', size: DESKTOP },
];
const OUTAGE_SECONDS = 3;

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

  describe.each(SIZES)('$name', ({ name, size }) => {
    it.each(VIEWS)('$role: $name', async (view) => {
      const address = await addressOf(view, stage);
      for (const colours of ['light', 'dark'] as const) {
        const page = await browser.open(address, { size, colours });
        await lookThrough(view, page);
        await page.evaluate('document.fonts.ready');
        for (const summary of await page.locator('summary').all()) await summary.click();
        await page.evaluate('scrollTo(0, 0)');
        await keepScreenshot(page, `${name}-${view.role}-${view.name}-${colours}`);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        ).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(size.width);
        await page.close();
      }
    });
  });
});
