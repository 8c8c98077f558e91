/** The program goes and comes back under the open page. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ClientOverview, Event } from '../../src/contract/index.ts';
import { Browser, browserObstacle, keepScreenshot, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { ask } from './views.ts';
import { violationsIn } from './violations.ts';

const SOON = { timeout: 15_000, interval: 100 };
const NOTICED_WITHIN_MS = 5000;
/** What the browser notes of a program that is not there, or goes in the middle of an answer. */
const GONE =
  /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH|EMPTY_RESPONSE)/;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('A program that ends', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await Promise.all([stage.waitForPage('client'), stage.waitForPage('server')]);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it('by a crash: the page says so, shows its figures as old, and recovers without a reload', async () => {
    browser.expectProblems(GONE);
    const page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.locator('.is-stale').count()).toBe(0);
    await page.evaluate('window.isSamePage = true');

    const startMs = performance.now();
    await stage.kill('client');
    await page.getByText(/^Not connected: last news \d s ago; trying again$/).waitFor();
    const noticedMs = Math.round(performance.now() - startMs);
    // The headline, the strips and the links.
    expect(await page.locator('.is-stale').count()).toBe(3);
    expect(await page.getByRole('button', { name: 'Exclude LTE' }).isDisabled()).toBe(true);
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
    await page.getByRole('heading', { name: 'Not connected.' }).waitFor();
    await keepScreenshot(page, 'not-connected');
    expect(await violationsIn(page)).toEqual([]);
    await page.getByText(/last news ([3-9]|\d\d) s ago/).waitFor();

    stage.startProgram('client');
    await stage.waitForPage('client');
    const backMs = performance.now();
    await page.getByText('Live', { exact: true }).waitFor();
    const recoveredMs = Math.round(performance.now() - backMs);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await expect.poll(() => page.locator('.is-stale').count(), SOON).toBe(0);
    expect(await page.getByText(/^Not connected/).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Exclude LTE' }).isEnabled()).toBe(true);
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    console.log(`Killed: said so after ${noticedMs} ms; back: live after ${recoveredMs} ms`);
    expect(noticedMs).toBeLessThanOrEqual(NOTICED_WITHIN_MS);
    expect(recoveredMs).toBeLessThanOrEqual(2 * NOTICED_WITHIN_MS);
  });

  it('in order: its past is there again, on a page that was not open then', async () => {
    const page = await browser.open(stage.pages.client);
    const tunnel = page.locator('.picture-figures').first();
    await expect.poll(async () => cameIn(await tunnel.textContent()), SOON).toBeGreaterThan(500);
    const cameBefore = cameIn(await tunnel.textContent());
    await page.close();

    await stage.endProgram('client', 'SIGTERM');
    stage.startProgram('client');
    await stage.waitForPage('client');
    const after = await browser.open(stage.pages.client);
    await expect
      .poll(async () => cameIn(await after.locator('.picture-figures').first().textContent()), SOON)
      .toBeGreaterThanOrEqual(cameBefore);
    const { session } = await ask<ClientOverview>(stage, 'client', 'overview');
    expect(session.tunnel.windows.start.packets).toBeLessThan(cameBefore);
    await keepScreenshot(after, 'restarted');

    await after.getByRole('link', { name: 'Outages' }).click();
    await after.getByText('rengarde stopped').first().waitFor();
    const { events } = await ask<{ events: Event[] }>(stage, 'client', 'events');
    const isOrderly = events.findIndex(({ kind }) => kind === 'program-stopped');
    expect(events.slice(isOrderly + 1).some(({ kind }) => kind === 'program-started')).toBe(true);
    expect(await after.getByText('rengarde started').count()).toBe(
      events.filter(({ kind }) => kind === 'program-started').length,
    );
  });

  it('on the server: the list says so and comes back; the old session is remembered', async () => {
    browser.expectProblems(GONE);
    const page = await browser.open(stage.pages.server);
    const link = page.getByRole('row').nth(1).getByRole('link');
    const old = (await link.textContent()) ?? '';
    await link.click();
    await page.getByRole('heading', { name: `Session ${old}` }).waitFor();
    await page.getByRole('table', { name: /^Links of this client/ }).waitFor();
    await stage.kill('server');
    await page.getByText(/^Not connected: last news/).waitFor();
    expect(await page.locator('.is-stale').count()).toBeGreaterThan(0);
    stage.startProgram('server');
    await stage.waitForPage('server');
    browser.expectProblems(/404 \(Not Found\)/);
    await page.getByText(/There is no session|This session has ended/).waitFor();
    await keepScreenshot(page, 'session-gone');
    await page.getByRole('link', { name: 'All sessions' }).click();
    await page.getByRole('cell', { name: /^(carrying|losing)$/ }).waitFor();
    await vi.waitFor(async () => expect(await link.textContent()).not.toBe(old), SOON);
  });
});

/** Packets that came, of a strip's figures. */
function cameIn(figures: string | null): number {
  return Number((/([\d,]+) came/.exec(figures ?? '')?.[1] ?? '0').replaceAll(',', ''));
}
