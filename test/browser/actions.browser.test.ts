/** What people do to links on the page: exclude, include, keep, reset, and the question before the last one goes. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import type { ClientOverview, Path } from '../../src/contract/index.ts';
import { Browser, browserObstacle, keepScreenshot, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { ask } from './views.ts';
import { violationsIn } from './violations.ts';

const SOON = { timeout: 15_000, interval: 50 };
const LINKS = ['Fibre', 'LTE', 'Satellite'];
const FIRST_COMMENT = '# The van; ask Maria before you change anything';
const LINK_COMMENT = '# paid by the gigabyte';
/** What the browser notes when the program asks for a confirmation, and when it ends. */
const ASKED = /409 \(Conflict\)/;
const ENDED = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('Actions', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  let page: Page;
  let original: string;

  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await stage.waitForPage('client');
    const plain = await readFile(stage.file('client'), 'utf8');
    original = `${FIRST_COMMENT}\n${plain.replace('- name: LTE', `- name: LTE ${LINK_COMMENT}`)}`;
  });
  beforeEach(async () => {
    await writeFile(stage.file('client'), original);
    const reset = await fetch(`${stage.pages.client}api/v2/exclusions/reset`, { method: 'POST' });
    expect(reset.status).toBe(200);
    await vi.waitFor(async () => expect(await states()).toEqual(['up', 'up', 'up']), SOON);
    page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  const path = async (name: string): Promise<Path> => {
    const { session } = await ask<ClientOverview>(stage, 'client', 'overview');
    return session.paths.find((one) => one.name === name)!;
  };
  const states = () => Promise.all(LINKS.map(async (name) => (await path(name)).state));
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  /** The row of a link in the group of this state. */
  const row = (name: string, badge: string) =>
    page
      .getByRole('article')
      .filter({ has: page.getByRole('heading', { name }) })
      .filter({ has: page.locator('.badge').getByText(badge, { exact: true }) });
  const pending = () => page.getByText('Changed here, forgotten at the next start');

  it('excludes and includes, until the next start only', async () => {
    await button('Exclude LTE').click();
    await row('LTE', 'excluded').getByText('excluded until the next start').waitFor();
    await page.getByText('Changed here, forgotten at the next start: LTE excluded.').waitFor();
    expect(await path('LTE')).toMatchObject({ state: 'excluded', excludedBy: 'runtime', isChanged: true });
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await keepScreenshot(page, 'excluded');
    await button('Include LTE').click();
    await row('LTE', 'up').waitFor();
    await pending().waitFor({ state: 'detached' });
    expect(await path('LTE')).toMatchObject({ state: 'up', isChanged: false });
    expect(await readFile(stage.file('client'), 'utf8')).toBe(original);
  });

  it('forgets everything that was changed here', async () => {
    await button('Exclude Fibre').click();
    await row('Fibre', 'excluded').waitFor();
    await button('Exclude LTE').click();
    await row('LTE', 'excluded').waitFor();
    await button('Reset').click();
    for (const name of LINKS) await row(name, 'up').waitFor();
    await pending().waitFor({ state: 'detached' });
    expect(await states()).toEqual(['up', 'up', 'up']);
  });

  it('keeps it in the file, with every comment, also over a start', async () => {
    await button('Exclude LTE').click();
    await button('Keep in the file').click();
    await pending().waitFor({ state: 'detached' });
    await row('LTE', 'excluded').getByText('excluded in engarde.yml').waitFor();
    const kept = await readFile(stage.file('client'), 'utf8');
    expect(kept).toContain(FIRST_COMMENT);
    expect(kept).toContain(LINK_COMMENT);
    expect(excludedIn(kept)).toEqual(['LTE']);
    const { events } = await ask<{ events: { kind: string }[] }>(stage, 'client', 'events?limit=1');
    expect(events[0]?.kind).toBe('exclusions-kept');

    browser.expectProblems(ENDED);
    await stage.endProgram('client', 'SIGTERM');
    stage.startProgram('client');
    await stage.waitForPage('client');
    await vi.waitFor(async () => expect(await states()).toEqual(['up', 'excluded', 'up']), SOON);
    await row('LTE', 'excluded').getByText('excluded in engarde.yml').waitFor();

    await button('Include LTE').click();
    await row('LTE', 'up').getByText('not in the file').waitFor();
    await button('Keep in the file').click();
    await row('LTE', 'up').waitFor();
    await pending().waitFor({ state: 'detached' });
    expect(excludedIn(await readFile(stage.file('client'), 'utf8'))).toEqual([]);
  });

  it('asks before the last working link goes', async () => {
    browser.expectProblems(ASKED);
    for (const name of ['Fibre', 'LTE']) {
      await button(`Exclude ${name}`).click();
      await row(name, 'excluded').waitFor();
    }
    await page.getByText('Only Satellite works: what it loses is lost.').waitFor();
    const dialog = page.getByRole('dialog', { name: 'Exclude Satellite, the last link that works?' });
    const cancel = dialog.getByRole('button', { name: 'Cancel' });

    await button('Exclude Satellite').click();
    await dialog.waitFor();
    await keepScreenshot(page, 'last-link');
    expect(await violationsIn(page)).toEqual([]);
    await cancel.click();
    await dialog.waitFor({ state: 'hidden' });
    expect((await path('Satellite')).state).toBe('up');

    await button('Exclude Satellite').focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    expect(await isFocused(cancel)).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await isFocused(button('Exclude Satellite'))).toBe(true);
    expect((await path('Satellite')).state).toBe('up');

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Exclude it anyway' }).click();
    await row('Satellite', 'excluded').waitFor();
    await page.getByRole('heading', { name: 'No usable link.' }).waitFor();
    expect(await states()).toEqual(['excluded', 'excluded', 'excluded']);
    await keepScreenshot(page, 'no-link');
    await button('Include Satellite').click();
    await row('Satellite', 'up').waitFor();
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
  });

  it('does not take a silent link for one that works', async () => {
    browser.expectProblems(ASKED);
    stage.cut('Fibre');
    stage.cut('LTE');
    await row('Fibre', 'suspect').waitFor();
    await row('LTE', 'suspect').waitFor();
    await button('Exclude Satellite').click();
    await page.getByRole('dialog', { name: /^Exclude Satellite/ }).waitFor();
    await page.keyboard.press('Escape');
    stage.restore('Fibre');
    stage.restore('LTE');
  });
});

function excludedIn(file: string): string[] {
  const { client } = parse(file) as { client: { paths: { name: string; excluded?: boolean }[] } };
  return client.paths.filter(({ excluded }) => excluded === true).map(({ name }) => name);
}

async function isFocused(found: ReturnType<Page['locator']>): Promise<boolean> {
  return await found.evaluate((element) => element.matches(':focus'));
}
