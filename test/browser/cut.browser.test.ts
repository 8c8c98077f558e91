/** A link that falls is seen at once; in the demo, and only there, the page can cut links itself. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser, browserObstacle, keepScreenshot, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';

const CUTS = 10;
const SEEN_WITHIN_MS = 1000;
const SOON = { timeout: 15_000, interval: 50 };
const LINKS = ['Fibre', 'LTE', 'Satellite'];

/** Notes in the page, by the host's clock, when a link's badge says something else than before. */
const WATCH_BADGES = `{
  window.seen = [];
  const before = {};
  const look = () => {
    for (const row of document.querySelectorAll('article.link')) {
      const name = row.querySelector('.link-label').textContent.trim();
      const state = row.querySelector('.badge').textContent.trim();
      if (before[name] !== state) window.seen.push({ name, state, atMs: Date.now() });
      before[name] = state;
    }
  };
  new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true });
  look();
}`;

interface Seen {
  readonly name: string;
  readonly state: string;
  readonly atMs: number;
}

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('A cut link', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await stage.waitForPage('client');
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it(`is seen within ${SEEN_WITHIN_MS} ms, and its return too`, async () => {
    const page = await browser.open(stage.pages.client);
    await allUp(page);
    await page.evaluate(WATCH_BADGES);
    const [cutMs, returnMs]: [number[], number[]] = [[], []];
    for (let count = 0; count < CUTS; count++) {
      const name = LINKS[count % LINKS.length]!;
      cutMs.push(await timeUntil(page, name, 'suspect', () => stage.cut(name)));
      if (count === 0) {
        await page.getByText(`${name} has been silent for`).first().waitFor();
        await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
        await keepScreenshot(page, 'cut');
      }
      returnMs.push(await timeUntil(page, name, 'up', () => stage.restore(name)));
      await allUp(page);
    }
    console.log(`Cut to "suspect" on the page: ${summary(cutMs)}; restored to "up": ${summary(returnMs)}`);
    expect(median(cutMs)).toBeLessThanOrEqual(SEEN_WITHIN_MS);
    expect(median(returnMs)).toBeLessThanOrEqual(2 * SEEN_WITHIN_MS);
  });

  it('cannot be cut from the page outside the demo', async () => {
    const page = await browser.open(stage.pages.client);
    await allUp(page);
    await page.getByRole('button', { name: 'Exclude LTE' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Cut|Restore)/ }).count()).toBe(0);
    const response = await fetch(`${stage.pages.client}api/v2/demo/links/LTE/cut`, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([
      404,
      { code: 'not-a-demo', message: "Cannot cut LTE: only the demo's links can be" },
    ]);
    expect(stage.link('LTE').link.isCut).toBe(false);
  });
});

describe.skipIf(obstacle !== null)(titled('The demo', obstacle), () => {
  const stage = new Stage({ hasPageControl: true });
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await stage.waitForPage('client');
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  it('lets a link be cut and restored from the page', async () => {
    const page = await browser.open(stage.pages.client);
    await allUp(page);
    const cut = page.getByRole('button', { name: 'Cut LTE' });
    await cut.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Restore LTE' }).waitFor();
    expect(stage.link('LTE').link.isCut).toBe(true);
    await badge(page, 'LTE', 'suspect').waitFor();
    await keepScreenshot(page, 'demo-cut');
    await page.getByRole('button', { name: 'Restore LTE' }).click();
    await allUp(page);
    await cut.waitFor();
    expect(stage.link('LTE')).toMatchObject({ cuts: 1, link: { isCut: false } });
  });
});

/** Of a link's row on the page. */
function badge(page: Page, name: string, state: string) {
  const row = page.getByRole('article').filter({ has: page.getByRole('heading', { name }) });
  return row.locator('.badge').getByText(state, { exact: true });
}

async function allUp(page: Page): Promise<void> {
  await Promise.all(LINKS.map((name) => badge(page, name, 'up').waitFor()));
}

/** From `act` to the moment at which the page said that the link is in this state. */
async function timeUntil(page: Page, name: string, state: string, act: () => void): Promise<number> {
  const startMs = Date.now();
  act();
  return await vi.waitFor(async () => {
    const all = (await page.evaluate('window.seen')) as Seen[];
    const found = all.find((one) => one.name === name && one.state === state && one.atMs >= startMs);
    if (found === undefined) throw new Error(`Cannot see "${state}" of ${name} on the page`);
    return found.atMs - startMs;
  }, SOON);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function summary(values: readonly number[]): string {
  return `median ${median(values)} ms, at most ${Math.max(...values)} ms (${values.join(', ')})`;
}
