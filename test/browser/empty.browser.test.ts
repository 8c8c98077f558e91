/** What the page teaches while there is nothing to show: no interface, no WireGuard, no answer, no client. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freeTcpPorts, freeUdpPorts, serverFile } from '../../src/demo/engarde-files.ts';
import { Program } from '../../src/demo/program.ts';
import type { Role } from '../../src/demo/tunnel.ts';
import { generateKeyPair, type UdpAddress, UdpEndpoint } from '../../src/wireguard/index.ts';
import { Browser, browserObstacle, keepScreenshot, PHONE, titled } from './browser.ts';
import { built, pageObstacle } from './stage.ts';
import { violationsIn } from './violations.ts';

const SOON = { timeout: 15_000, interval: 50 };
const HOST = '127.0.0.1';
/** WireGuard's own is 5 s; asked sooner, the answer's absence shows sooner. */
const HANDSHAKE_RETRY_MS = 500;
const PATHS = ['Fibre', 'LTE'];

const obstacle = browserObstacle ?? pageObstacle;
describe.skipIf(obstacle !== null)(titled('An empty page', obstacle), () => {
  let browser: Browser;
  let directory: string;
  let program: Program | undefined;
  let listen: UdpAddress;
  let url: string;
  /** Where packets go that nobody answers. */
  let silence: Socket;

  beforeAll(async () => {
    browser = await Browser.launch();
    silence = createSocket('udp4');
    const bound = once(silence, 'listening');
    silence.bind(0, HOST);
    await bound;
  });
  afterEach(async () => {
    try {
      await browser.closePages();
    } finally {
      await program?.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
  afterAll(async () => {
    silence?.close();
    await browser?.close();
  });

  const start = async (role: Role, content: (page: UdpAddress) => string) => {
    const [port] = await freeUdpPorts(HOST, 1);
    const [pagePort] = await freeTcpPorts(HOST, 1);
    listen = { address: HOST, port: port! };
    url = `http://${HOST}:${pagePort}/`;
    directory = await mkdtemp(join(tmpdir(), 'rengarde-empty-'));
    const file = join(directory, 'engarde.yml');
    await writeFile(file, content({ address: HOST, port: pagePort! }));
    program = new Program({
      title: `rengarde-${role}`,
      args: [built(role), file],
      environment: { STATE_DIRECTORY: directory },
    });
    await vi.waitFor(() => fetch(url), SOON);
  };
  /** A client with these links, each towards a socket that never answers. */
  const startClient = (link: (name: string) => string) =>
    start('client', (page) =>
      [
        'client:',
        `  listenAddr: ${HOST}:${listen.port}`,
        `  dstAddr: ${HOST}:${silence.address().port}`,
        `  webManager:\n    listenAddr: ${HOST}:${page.port}`,
        `  paths:\n${PATHS.map(link).join('\n')}`,
      ].join('\n'),
    );
  /** On both widths, and accessible. */
  const look = async (page: Page, name: string) => {
    await keepScreenshot(page, name);
    expect(await violationsIn(page)).toEqual([]);
    await page.setViewportSize(PHONE);
    await keepScreenshot(page, `${name}-phone`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
  };

  it('of a client without a usable interface says what each link lacks', async () => {
    await startClient((name) => `    - name: ${name}\n      ifName: none-${name}`);
    const page = await browser.open(url);
    await page.getByRole('heading', { name: 'No usable link.' }).waitFor();
    await page.getByText('What each one lacks stands beside it below.').waitFor();
    for (const name of PATHS) {
      const row = page.getByRole('article').filter({ has: page.getByRole('heading', { name }) });
      await row.getByText('down', { exact: true }).waitFor();
      expect(await row.locator('.link-reason').textContent()).toMatch(/none-/);
    }
    await page.getByText('None: nothing can be carried.').waitFor();
    await look(page, 'empty-no-link');
  });

  it('of a client that WireGuard has not spoken to names the endpoint', async () => {
    await startClient((name) => `    - name: ${name}`);
    const page = await browser.open(url);
    await page.getByRole('heading', { name: 'Waiting for WireGuard.' }).waitFor();
    await page.getByText(`WireGuard's endpoint on this host should be ${HOST}:${listen.port}.`).waitFor();
    await look(page, 'empty-no-wireguard');
  });

  it('of a client whose server never answered says by which links packets leave', async () => {
    await startClient((name) => `    - name: ${name}`);
    const page = await browser.open(url);
    await page.getByRole('heading', { name: 'Waiting for WireGuard.' }).waitFor();
    const endpoint = new UdpEndpoint({
      listen: { address: HOST, port: 0 },
      timers: { rekeyTimeoutMs: HANDSHAKE_RETRY_MS },
      privateKey: generateKeyPair().privateKey,
      peerPublicKey: generateKeyPair().publicKey,
      peer: listen,
      deliver: () => {},
    });
    await endpoint.start();
    try {
      endpoint.connect();
      await page.getByRole('heading', { name: 'The server does not answer.' }).waitFor();
      const server = `${HOST}:${silence.address().port}`;
      await page.getByText(`Packets leave for ${server} by 2 links; nothing has ever come back.`).waitFor();
      await page.getByText('Does the server run, is its port open').waitFor();
      await look(page, 'empty-no-answer');
    } finally {
      await endpoint.close();
    }
  });

  it('of a server without clients says what to open and where WireGuard must listen', async () => {
    const wireGuard = { address: HOST, port: silence.address().port };
    await start('server', (page) => serverFile(listen, wireGuard, page));
    const page = await browser.open(url);
    await page.getByRole('heading', { name: 'No client yet.' }).waitFor();
    await page
      .getByText(`rengarde listens on ${HOST}:${listen.port}. Open UDP port ${listen.port}`)
      .waitFor();
    await page.getByText(`WireGuard here must listen on ${HOST}:${wireGuard.port}`).waitFor();
    await look(page, 'empty-server');
  });
});
