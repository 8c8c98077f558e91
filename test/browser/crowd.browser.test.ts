/** The page of a server with a thousand clients: a real manager and page before a pretended program. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Session, SessionList, SessionQuery } from '../../src/contract/index.ts';
import { orderOf, summarize } from '../../src/daemon/session-summary.ts';
import { makePath, makeSession } from '../manager/fake-control.ts';
import { listeningManager, type RunningManager } from '../manager/running-manager.ts';
import { Browser, browserObstacle, keepScreenshot, PHONE, titled } from './browser.ts';
import { pageObstacle, WEB } from './stage.ts';

const SESSIONS = 1000;
const PAGE_ROWS = 50;
const SOON = { timeout: 10_000, interval: 50 };
/** From the last key to the result on the page: a pause of 200 ms while typing is part of it. */
const FOUND_WITHIN_MS = 2000;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('A thousand sessions', obstacle), () => {
  let browser: Browser;
  let running: RunningManager;
  const crowd = Array.from({ length: SESSIONS }, (_, index) => makeMember(index));

  beforeAll(async () => {
    [browser, running] = await Promise.all([
      Browser.launch(),
      listeningManager({ role: 'server', webRoot: WEB }),
    ]);
    for (const session of crowd) running.control.sessionsById.set(session.id, session);
    running.control.sessions = async (query) => listOf(crowd, query);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), running?.manager.stop()]));

  it('shows the worst first, and more when asked, without ever holding all of them', async () => {
    const page = await browser.open(running.url());
    await page.getByText('1,000 clients, 3,000 links').waitFor();
    await page.getByText(`${PAGE_ROWS} of 1,000 sessions`).waitFor();
    expect((await ids(page)).slice(0, 3)).toEqual(['run-999', 'run-998', 'run-997']);
    expect(await ids(page)).toHaveLength(PAGE_ROWS);
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(PAGE_ROWS * 40);
    await keepScreenshot(page, 'crowd');
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await expect.poll(async () => (await ids(page)).length, SOON).toBe(2 * PAGE_ROWS);
    expect((await ids(page)).at(-1)).toBe('run-900');
  });

  it('finds one by its address as fast as one types', async () => {
    const page = await browser.open(running.url());
    await page.getByText(`${PAGE_ROWS} of 1,000 sessions`).waitFor();
    const search = page.getByRole('searchbox', { name: 'Search by address or id' });
    await search.pressSequentially('10.0.3.78:');
    const startMs = performance.now();
    await page.getByText('1 of 1 session', { exact: true }).waitFor();
    const foundMs = Math.round(performance.now() - startMs);
    console.log(`Found 1 of ${SESSIONS} sessions ${foundMs} ms after the last key`);
    expect(foundMs).toBeLessThanOrEqual(FOUND_WITHIN_MS);
    expect(await ids(page)).toEqual(['run-846']);
    await search.fill('run-99');
    await expect.poll(async () => (await ids(page)).length, SOON).toBe(11);
    await search.fill('nobody');
    await page.getByText('No session has “nobody” in its addresses or its id.').waitFor();
    await search.fill('');
    await expect.poll(async () => (await ids(page)).length, SOON).toBe(PAGE_ROWS);
  });

  it('sorts, and comes back to the same list from a session', async () => {
    const page = await browser.open(running.url(), { size: PHONE });
    const order = page.getByRole('combobox', { name: 'Order' });
    const first = async (sort: string) => {
      await order.selectOption(sort);
      const { sessions } = listOf(crowd, { sort: sort as SessionQuery['sort'], offset: 0, limit: 1 });
      await expect.poll(async () => (await ids(page))[0], SOON).toBe(sessions[0]!.id);
    };
    await page.getByText(`${PAGE_ROWS} of 1,000 sessions`).waitFor();
    const values = await order
      .locator('option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
    expect(values).toEqual(['worst', 'busiest', 'newest', 'oldest']);
    for (const sort of ['busiest', 'newest', 'oldest']) await first(sort);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
    await keepScreenshot(page, 'crowd-phone');
    await page.getByRole('searchbox').fill('run-12');
    await page.getByText('11 of 11 sessions').waitFor();
    await page.getByRole('link', { name: 'run-12', exact: true }).click();
    await page.getByRole('heading', { name: 'Session run-12' }).waitFor();
    await page.goBack();
    await page.getByText('11 of 11 sessions').waitFor();
    expect(await order.inputValue()).toBe('oldest');
    expect(await page.getByRole('searchbox').inputValue()).toBe('run-12');
  });
});

async function ids(page: Page): Promise<string[]> {
  return await page.locator('.session-name a').allTextContents();
}

/** Three addresses each; the higher the number the more is lost, and the traffic goes up and down. */
function makeMember(index: number): Session {
  const paths = [1, 2, 3].map((link) => {
    const path = makePath(`10.0.${index >> 8}.${index & 255}:${link}`, 'up');
    const figures = { ...path.windows['1m'], lossShare: index / SESSIONS / link };
    return { ...path, windows: { ...path.windows, '1m': figures } };
  });
  const session = makeSession(`run-${index}`, paths);
  const rates = { ...session.tunnel.rates, inBitsPerSecond: ((index * 37) % SESSIONS) * 1000 };
  const since = new Date(Date.UTC(2026, 10, 1) + ((index * 53) % SESSIONS) * 60_000).toISOString();
  return { ...session, since, tunnel: { ...session.tunnel, rates } };
}

/** As the server does it. */
function listOf(crowd: readonly Session[], { search = '', sort, offset, limit }: SessionQuery): SessionList {
  const found = crowd.filter(({ id, paths }) =>
    [id, ...paths.map(({ name }) => name)].some((text) => text.includes(search)),
  );
  const sorted = found.map(summarize).sort(orderOf(sort));
  return { total: sorted.length, sessions: sorted.slice(offset, offset + limit) };
}
