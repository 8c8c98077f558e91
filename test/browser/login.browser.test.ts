/** A page behind username and password, which change in the file while it is open. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser, browserObstacle, keepScreenshot, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';

const SOON = { timeout: 15_000, interval: 50 };
const OLD = { username: 'maria', password: 'correct horse' };
const NEW = { username: 'maria', password: 'battery staple' };
/** What the browser notes of refusals, and of the stream that ends with the old password. */
const REFUSED = /status of 401|ERR_INCOMPLETE_CHUNKED_ENCODING/;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('A page behind a login', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;
  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await stage.waitForPage('client');
    await setLogin(OLD);
    await vi.waitFor(async () => expect((await fetch(stage.pages.client)).status).toBe(401), SOON);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  const statusFor = async ({ username, password }: typeof OLD) => {
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return (await fetch(stage.pages.client, { headers: { authorization } })).status;
  };
  /** Writes it into the file, which the program follows. */
  const setLogin = async ({ username, password }: typeof OLD) => {
    const content = (await readFile(stage.file('client'), 'utf8')).replaceAll(
      / +(username|password): .*\n/g,
      '',
    );
    const manager = /webManager:\n/;
    const lines = `webManager:\n    username: ${username}\n    password: ${password}\n`;
    await writeFile(stage.file('client'), content.replace(manager, lines));
  };

  it('asks for them', async () => {
    const response = await fetch(stage.pages.client);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Basic realm="engarde"');
    expect((await fetch(`${stage.pages.client}api/v2/overview`)).status).toBe(401);
    browser.expectProblems(REFUSED);
    // Nobody answers the browser's question here.
    await expect(browser.open(stage.pages.client)).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS');
  });

  it('opens with them, says when they are no longer good, and opens with the new ones', async () => {
    const page = await browser.open(stage.pages.client, { login: OLD });
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();

    browser.expectProblems(REFUSED);
    await setLogin(NEW);
    await page.getByText('Not signed in: reload the page and enter name and password').waitFor();
    expect(await page.locator('.is-stale').count()).toBe(3);
    await keepScreenshot(page, 'not-signed-in');
    expect([await statusFor(OLD), await statusFor(NEW)]).toEqual([401, 200]);

    await page.context().setHTTPCredentials(NEW);
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Tunnel up.' }).waitFor();
  });
});
