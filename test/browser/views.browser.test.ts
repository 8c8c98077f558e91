/** Every view shows what the API says, and asks nobody but its own program. */
import type { Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type {
  ClientOverview,
  Event,
  History,
  Outage,
  ServerOverview,
  Session,
  SessionList,
} from '../../src/contract/index.ts';
import { Browser, browserObstacle, titled } from './browser.ts';
import { pageObstacle, Stage } from './stage.ts';
import { ask } from './views.ts';

const LINKS = ['Fibre', 'LTE', 'Satellite'];
/** The page is at most a second behind, a busy machine a few more. */
const SOON = { timeout: 15_000, interval: 250 };
const OUTAGE_SECONDS = 5;

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('Views', obstacle), () => {
  const stage = new Stage();
  let browser: Browser;

  beforeAll(async () => {
    [browser] = await Promise.all([Browser.launch(), stage.start()]);
    await Promise.all([stage.waitForPage('client'), stage.waitForPage('server')]);
    await vi.waitFor(async () => expect((await overview()).session.tunnel.state).toBe('carrying'), SOON);
    stage.cut('LTE');
    await vi.waitFor(async () => {
      const [outage] = await outages();
      expect(outage?.seconds).toBeGreaterThanOrEqual(OUTAGE_SECONDS);
    }, SOON);
    stage.restore('LTE');
    await vi.waitFor(async () => expect((await outages())[0]?.to).toBeTypeOf('string'), SOON);
  });
  afterEach(() => browser.closePages());
  afterAll(() => Promise.all([browser?.close(), stage.stop()]));

  const overview = () => ask<ClientOverview>(stage, 'client', 'overview');
  const outages = async () => (await ask<{ outages: Outage[] }>(stage, 'client', 'outages')).outages;
  const serverSession = async () => {
    const { sessions } = await ask<SessionList>(stage, 'server', 'sessions');
    return await ask<Session>(stage, 'server', `sessions/${sessions[0]!.id}`);
  };

  it('now: the tunnel, its loss beside that of each link alone, and every link with its figures', async () => {
    const page = await browser.open(stage.pages.client);
    await page.getByRole('heading', { name: 'Tunnel up.', level: 1 }).waitFor();
    await page.getByText('Demo, client').waitFor();
    const { instance } = await overview();
    await page.getByText(`version ${instance.version} · ${instance.engine} engine`).waitFor();

    const alone = page.locator('.hero-losses li');
    expect(await alone.locator('.loss-label').allTextContents()).toEqual([
      'Tunnel',
      ...LINKS.map((name) => `${name} alone`),
    ]);
    await expect
      .poll(async () => {
        const shown = (await alone.locator('.loss-count').allTextContents()).map(numberIn);
        const { tunnel, paths } = (await overview()).session;
        const told = [tunnel, ...paths].map(({ windows }) => windows['15m'].lost);
        return shown.map((lost, index) => lost - told[index]!);
      }, SOON)
      .toEqual([0, 0, 0, 0]);

    const active = page.getByRole('article');
    expect(await active.getByRole('heading').allTextContents()).toEqual(LINKS);
    for (const name of LINKS) {
      const row = active.filter({ has: page.getByRole('heading', { name }) });
      const path = (await overview()).session.paths.find((one) => one.name === name)!;
      await row.getByText(`${path.source} → ${path.destination}`).waitFor();
      expect((await row.locator('.badge').textContent())?.trim()).toBe(path.state);
      await expect
        .poll(async () => {
          const now = (await overview()).session.paths.find((one) => one.name === name)!;
          const { latenessMs, rescued, firstShare } = now.windows['15m'];
          return {
            median: ratio(numberIn(await figureOf(row, 'Lateness, median')), latenessMs!.median),
            down: ratio(bitsIn(await figureOf(row, 'Down')), now.rates.inBitsPerSecond),
            first: ratio(numberIn(await figureOf(row, 'First copies')), (firstShare ?? 0) * 100),
            rescued: numberIn(await figureOf(row, 'Rescued')) - rescued,
            isFresh: (await figureOf(row, 'Last packet')) === '0 s ago',
          };
        }, SOON)
        .toEqual({ median: 1, down: 1, first: 1, rescued: 0, isFresh: true });
    }
    // Delays of the stage: 5, 30 and 120 ms.
    const medians = await Promise.all(
      LINKS.map((name) =>
        figureOf(active.filter({ has: page.getByRole('heading', { name }) }), 'Lateness, median'),
      ),
    );
    expect(medians.map(numberIn)).toEqual([
      expect.closeTo(0, -1),
      expect.closeTo(25, -1.5),
      expect.closeTo(115, -1.8),
    ]);
  });

  it('24 hours: strips, curves and table of the part that the history knows', async () => {
    const page = await browser.open(stage.pages.client);
    const answer = page.waitForResponse(isHistoryOf(3600));
    await page.getByRole('link', { name: '24 hours' }).click();
    const history = (await (await answer).json()) as History;
    await page.getByRole('heading', { name: 'Rates of the tunnel' }).waitFor();
    expect(await page.locator('.picture-label').allTextContents()).toEqual(['Tunnel', ...LINKS]);
    expect(await page.locator('canvas').count()).toBeGreaterThan(LINKS.length + 2);

    await page.getByText('The same as a table').click();
    const newest = page.getByRole('row').nth(1).getByRole('cell');
    const cells = await newest.allTextContents();
    expect(cells.slice(0, 4).map((text) => text.trim().split(' · ')[0])).toEqual(
      history.tracks.map(lossInWords),
    );
    const sum = (history.tracks[0]?.cells ?? []).reduce((all, cell) => all + (cell?.[1] ?? 0), 0);
    expect(sum).toBeGreaterThan(100); // of 100 a second, since the stage began
  });

  it('outages: each with its cause and loss, and every event', async () => {
    const page = await browser.open(`${stage.pages.client}outages`);
    const [outage] = await outages();
    const line = page.locator('.outage').filter({ hasText: 'LTE was silent' });
    await line.waitFor();
    expect(outage).toMatchObject({ path: 'LTE', cause: 'silent', lostByTunnel: 0 });
    expect(await page.locator('.outage').count()).toBe((await outages()).length);
    const text = (await line.textContent()) ?? '';
    expect(text).toContain(`LTE was silent for ${outage!.seconds} s; the tunnel lost nothing.`);
    expect(text).toContain(`${outage!.lost.toLocaleString('en')} packets did not come on it`);
    await page.getByRole('button', { name: /^LTE was silent/ }).waitFor();

    const { events } = await ask<{ events: Event[] }>(stage, 'client', 'events');
    expect(events.map(({ kind }) => kind).toSorted()).toEqual([
      'path-up',
      'path-up',
      'path-up',
      'program-started',
    ]);
    expect(
      await page
        .locator('.event time')
        .evaluateAll((times) => times.map((time) => time.getAttribute('datetime'))),
    ).toEqual(events.map(({ at }) => at));
    for (const name of LINKS) await page.getByText(`${name} came up: 127.0.0.1`).waitFor();
  });

  it('what if: each choice of links with what it would have lost and carried', async () => {
    const page = await browser.open(`${stage.pages.client}what-if`);
    const rows = page.locator('.what-if-table tbody tr');
    await rows.first().waitFor();
    await expect
      .poll(async () => {
        const { whatIf } = (await overview()).session;
        const shown = await rows.evaluateAll((all) =>
          all.map((row) => ({
            names: row.querySelector('button')?.textContent ?? '',
            lost: row.querySelector('td')?.textContent ?? '',
          })),
        );
        const told = whatIf.map(({ paths, lost }) => `${paths.toSorted().join()}: ${lost}`);
        const isTold = ({ names, lost }: (typeof shown)[number]) =>
          told.includes(`${LINKS.filter((name) => names.includes(name)).join()}: ${numberIn(lost)}`);
        return [told.length, shown.filter(isTold).length];
      }, SOON)
      .toEqual([7, 7]);
    await page.getByRole('checkbox', { name: 'Fibre' }).setChecked(false);
    await page.getByRole('checkbox', { name: 'Satellite' }).setChecked(false);
    await page.getByRole('checkbox', { name: 'LTE' }).setChecked(true);
    const { session } = await overview();
    const lteOnly = session.whatIf.find(({ paths }) => paths.join() === 'LTE')!.lost;
    expect(lteOnly).toBeGreaterThan(200);
    const sentence = page.locator('.what-if-sentence');
    await expect
      .poll(() => sentence.textContent(), SOON)
      .toContain(`With LTE only you would have lost ${lteOnly.toLocaleString('en')} of`);
  });

  it('sessions: one client, its addresses, and the way to it', async () => {
    const page = await browser.open(stage.pages.server);
    const session = await serverSession();
    await page.getByText('Demo, server').waitFor();
    const now = await ask<ServerOverview>(stage, 'server', 'overview');
    expect(now).toMatchObject({ sessions: 1, paths: 3, losing: 0 });
    await page.getByText('1 client, 3 links, nothing lost in the last minute').waitFor();
    await page.getByText('1 session').waitFor();
    const row = page.getByRole('row').nth(1);
    await row.getByRole('cell', { name: 'carrying' }).waitFor();
    expect(await row.textContent()).toContain(
      `${session.paths[0]!.name}, ${session.paths[1]!.name} and 1 more`,
    );
    await row.getByRole('link', { name: session.id }).click();
    await page.getByRole('heading', { name: `Session ${session.id}`, level: 1 }).waitFor();
    expect(page.url()).toBe(`${stage.pages.server}session/${session.id}`);
  });

  it('a session: strips, links, what-if, outages and the day', async () => {
    const { id, paths } = await serverSession();
    const page = await browser.open(`${stage.pages.server}session/${id}`);
    const links = page.getByRole('table', { name: /^Links of this client/ });
    await links.waitFor();
    expect(await links.locator('th[scope=row] span').allTextContents()).toEqual(
      paths.map(({ name }) => name),
    );
    expect(await links.locator('tbody .session-state').allTextContents().then(trimmed)).toEqual([
      'up',
      'up',
      'up',
    ]);
    await page.getByText('Carrying. Nothing lost in 15 minutes.').waitFor();
    await expect.poll(() => page.locator('.what-if-table tbody tr').count(), SOON).toBe(7);
    const { outages } = await ask<{ outages: Outage[] }>(stage, 'server', `outages?session=${id}`);
    await expect.poll(() => page.locator('.outage').count(), SOON).toBe(outages.length);
    await page.getByRole('heading', { name: 'Last 24 hours' }).scrollIntoViewIfNeeded();
    await page.getByRole('heading', { name: 'Lateness of each link' }).waitFor();
  });
});

/** What a row says of one thing. */
async function figureOf(row: ReturnType<Page['locator']>, term: string): Promise<string> {
  const figure = row.locator('.link-figures > div').filter({ hasText: term });
  return ((await figure.locator('dd').textContent()) ?? '').trim();
}

function numberIn(text: string): number {
  return Number.parseFloat(text.replaceAll(',', ''));
}

function bitsIn(text: string): number {
  const [amount = '', unit = ''] = text.split(' ');
  return Number(amount) * (unit === 'Mbit/s' ? 1e6 : unit === 'kbit/s' ? 1e3 : 1);
}

/** 1 when the page shows what was told but for rounding and a second's difference. */
function ratio(shown: number, told: number): number {
  return Math.abs(shown - told) <= Math.max(0.15, told * 0.15) ? 1 : shown / told;
}

function trimmed(texts: string[]): string[] {
  return texts.map((text) => text.trim());
}

function isHistoryOf(seconds: number) {
  return (response: Response) => response.url().includes(`/history?seconds=${seconds}`);
}

/** Lost of all packets, as the table has it; columns as in CELL_COLUMNS. */
function lossInWords({ name, cells }: History['tracks'][number]): string {
  let [came, lost] = [0, 0];
  for (const cell of cells) {
    came += (cell?.[1] ?? 0) + (name === '' ? 0 : (cell?.[2] ?? 0));
    lost += cell?.[3] ?? 0;
  }
  return `${lost.toLocaleString('en')} of ${(came + lost).toLocaleString('en')}`;
}
