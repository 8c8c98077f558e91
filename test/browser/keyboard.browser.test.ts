/** Everything without a mouse: the way by Tab, the strips' cursor, and the skip link. */
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser, browserObstacle, keepScreenshot, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { ask } from './views.ts';

const SOON = { timeout: 15_000, interval: 100 };
/** More stops than a page of three links has. */
const MOST_STOPS = 40;
/** Cells of the last minute that are known before the test begins. */
const KNOWN_SECONDS = 6;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('By keyboard', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await stage.waitForPage('client');
    await vi.waitFor(async () => expect(await knownSeconds(stage)).toBeGreaterThan(KNOWN_SECONDS), SOON);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it('Tab goes through views, strips and every link, and what has the focus is seen', async () => {
    const page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    const stops: string[] = [];
    for (let count = 0; count < MOST_STOPS; count++) {
      await page.keyboard.press('Tab');
      const stop = (await page.evaluate(FOCUSED)) as { name: string; isSeen: boolean } | null;
      if (stop === null) break;
      expect(stop).toMatchObject({ isSeen: true });
      stops.push(stop.name);
    }
    expect(stops).toEqual([
      'Skip to the content',
      'Now',
      '24 hours',
      'Outages',
      'What if',
      'Moment to look at',
      'Exclude Fibre',
      'Exclude LTE',
      'Exclude Satellite',
      'API',
      'Colours',
    ]);
  });

  it('the skip link leads past the views', async () => {
    const page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await isFocused(page.getByRole('slider'))).toBe(true);
  });

  it('arrow keys move the cursor on the strips, and the figures are those of its second', async () => {
    const page = await browser.open(stage.pages.client);
    const strips = page.getByRole('slider', { name: 'Moment to look at' });
    const tunnel = page.locator('.picture-figures').first();
    await expect.poll(async () => cameIn(await tunnel.textContent()), SOON).toBeGreaterThan(300);
    await strips.focus();
    const whole = cameIn(await tunnel.textContent());

    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => cameIn(await tunnel.textContent()), SOON).toBeLessThan(whole / 2);
    const second = cameIn(await tunnel.textContent());
    expect(await strips.getAttribute('aria-valuetext')).toMatch(
      /^\d\d:\d\d:\d\d, \d s ago: nothing lost on any link$/,
    );
    const moment = page.locator('.picture-moment');
    expect(await moment.textContent()).toMatch(/^\d\d:\d\d:\d\d, \d s ago$/);
    await keepScreenshot(page, 'cursor');

    // The picture moves on every second, and the cursor with the second that it points at.
    const before = secondsOf(await moment.textContent());
    const isAt = (seconds: number) =>
      expect.poll(async () => secondsOf(await moment.textContent()), SOON).toBe(seconds);
    await page.keyboard.press('ArrowLeft');
    await isAt(before - 1);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await isAt(before + 1);
    const valueAfter = async (key: string) => {
      await page.keyboard.press(key);
      return Number(await strips.getAttribute('aria-valuenow'));
    };
    const last = Number(await strips.getAttribute('aria-valuemax'));
    await expect.poll(() => valueAfter('Home'), SOON).toBe(0);
    await expect.poll(() => valueAfter('End'), SOON).toBe(last);
    await page.keyboard.press('Escape');
    await page.getByText('Point at the strips, or focus them').waitFor();
    await expect.poll(async () => cameIn(await tunnel.textContent()), SOON).toBeGreaterThan(second * 3);
  });

  it('Enter on a second with losses opens its outage', async () => {
    stage.cut('LTE');
    const page = await browser.open(stage.pages.client);
    await page.getByRole('article').filter({ hasText: 'LTE' }).getByText('suspect').waitFor();
    const hasOutage = async () => {
      const { outages } = await ask<{ outages: { seconds: number }[] }>(stage, 'client', 'outages');
      expect(outages[0]?.seconds).toBeGreaterThanOrEqual(4);
    };
    await vi.waitFor(hasOutage, SOON);
    await page.getByRole('slider').focus();
    for (let count = 0; count < 3; count++) await page.keyboard.press('ArrowLeft');
    await expect
      .poll(() => page.getByRole('slider').getAttribute('aria-valuetext'), SOON)
      .toMatch(/LTE: (silent|\d+ lost)/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Outages and events' }).waitFor();
    const line = page.locator('.outage[aria-current=true]');
    await line.waitFor();
    expect(await line.textContent()).toContain('LTE has been silent');
    await expect.poll(() => isFocused(line), SOON).toBe(true);
    stage.restore('LTE');
  });

  it('the focus goes with a link that is excluded', async () => {
    const page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await page.getByRole('button', { name: 'Exclude LTE' }).focus();
    await page.keyboard.press('Enter');
    const include = page.getByRole('button', { name: 'Include LTE' });
    await include.waitFor();
    await expect.poll(() => isFocused(include), SOON).toBe(true);
    await page.keyboard.press('Enter');
    const exclude = page.getByRole('button', { name: 'Exclude LTE' });
    await exclude.waitFor();
    await expect.poll(() => isFocused(exclude), SOON).toBe(true);
  });
});

/** What has the focus, as people know it, and whether an outline shows that; null at the page's end. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const name = element.getAttribute('aria-label') ?? element.closest('label')?.firstChild.textContent ?? element.textContent;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  return { name: name.trim(), isSeen: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none' };
})()`;

async function isFocused(found: Locator): Promise<boolean> {
  return await found.evaluate((element) => element.matches(':focus'));
}

async function knownSeconds(stage: Stage): Promise<number> {
  const { tracks } = await ask<{ tracks: { cells: (number[] | null)[] }[] }>(
    stage,
    'client',
    'sessions/tunnel/history?seconds=60',
  );
  return tracks[0]?.cells.filter((cell) => (cell?.[1] ?? 0) > 0).length ?? 0;
}

/** Packets that came, of a strip's figures. */
function cameIn(figures: string | null): number {
  return Number((/([\d,]+) came/.exec(figures ?? '')?.[1] ?? '0').replaceAll(',', ''));
}

/** Of a day, from "14:03:27, 3 s ago". */
function secondsOf(moment: string | null): number {
  const clock = moment?.slice(0, 8) ?? '';
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}
