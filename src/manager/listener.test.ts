import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { open, type RunningManager, SETTINGS, startManager } from '../../test/manager/running-manager.ts';

/** At once, but for a machine that has other things to do. */
const SOON = { timeout: 15_000 };

const folder = mkdtempSync(join(tmpdir(), 'rengarde-tls-'));
const certificateFile = join(folder, 'current.crt');
const keyFile = join(folder, 'current.key');
const tls = { certificateFile, keyFile };

let running: RunningManager | undefined;
let taker: Server | undefined;

beforeAll(() => {
  for (const name of ['one', 'two']) {
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', ...kind, '-subj', `/CN=${name}`, ...files], { stdio: 'ignore' });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  await running?.manager.stop();
  running = undefined;
  await new Promise<void>((resolve) => (taker ? taker.close(() => resolve()) : resolve()));
  taker = undefined;
});

/** Puts a pair in place as ACME clients do: each file as a whole, one after the other. */
function install(name: string): void {
  place(`${name}.crt`, certificateFile);
  place(`${name}.key`, keyFile);
}

function place(name: string, file: string): void {
  copyFileSync(join(folder, name), `${file}.new`);
  renameSync(`${file}.new`, file);
}

/** Whose certificate a new connection is shown. */
function certificateName(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(url).port),
      rejectUnauthorized: false,
    });
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
  });
}

async function takePort(): Promise<number> {
  const server = createServer();
  taker = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

describe('Listener', () => {
  test('says which port is taken, once, and has it when it is free', async () => {
    const port = await takePort();
    running = startManager({ settings: { port }, retryMs: 20 });
    const { logged } = running;
    const listening = running.listening();
    await vi.waitFor(() => expect(logged).toHaveLength(1), SOON);
    expect(logged[0]).toBe(
      `error: Cannot listen on webManager.listenAddr 127.0.0.1:${port}: another program has this port; ` +
        'stop it or choose another port; the tunnel goes on without it',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    await new Promise((resolve) => taker?.close(resolve));
    taker = undefined;
    expect(await listening).toBe(`http://127.0.0.1:${port}/`);
    expect((await running.ask('/api/v2/instance')).status).toBe(200);
    expect(logged).toHaveLength(1);
  });

  test('says that no interface has the address', async () => {
    running = startManager({ settings: { host: '192.0.2.1', port: 9001 } });
    const { logged } = running;
    await vi.waitFor(() => expect(logged).toHaveLength(1), SOON);
    expect(logged[0]).toContain('192.0.2.1:9001: no interface of this host has this address');
  });

  test('moves when the settings change, and closes what was open on the old port', async () => {
    running = startManager();
    const old = await running.listening();
    const stream = await open(old, '/api/v2/stream');
    const ended = new Promise((resolve) => stream.on('error', resolve).on('close', resolve).resume());
    const port = await takePort();
    await new Promise((resolve) => taker?.close(resolve));
    taker = undefined;

    const listening = running.listening();
    running.manager.tell({ is: 'settings', settings: { ...SETTINGS, port } });
    expect(await listening).toBe(`http://127.0.0.1:${port}/`);
    await ended;
    expect((await running.ask('/api/v2/instance')).status).toBe(200);
    await expect(open(old, '/api/v2/instance')).rejects.toThrow('ECONNREFUSED');
  });

  test('moves to where it cannot listen, and back', async () => {
    running = startManager();
    const old = await running.listening();
    const settings = { ...SETTINGS, port: Number(new URL(old).port) };
    running.manager.tell({ is: 'settings', settings: { ...settings, port: await takePort() } });
    const { logged } = running;
    await vi.waitFor(() => expect(logged).toHaveLength(1), SOON);
    const listening = running.listening();
    running.manager.tell({ is: 'settings', settings });
    expect(await listening).toBe(old);
  });

  test('speaks IPv6', async () => {
    running = startManager({ settings: { host: '::1' } });
    expect(await running.listening()).toMatch(/^http:\/\/\[::1\]:\d+\/$/);
    expect((await running.ask('/api/v2/instance')).status).toBe(200);
  });

  test('starts and ends TLS on the same port', async () => {
    install('one');
    running = startManager();
    const port = Number(new URL(await running.listening()).port);
    for (const [settings, url] of [
      [{ ...SETTINGS, port, tls }, `https://127.0.0.1:${port}/`],
      [{ ...SETTINGS, port }, `http://127.0.0.1:${port}/`],
    ] as const) {
      const listening = running.listening();
      running.manager.tell({ is: 'settings', settings });
      expect(await listening).toBe(url);
      expect((await running.ask('/api/v2/instance')).status).toBe(200);
    }
  });

  test('knows its own page over TLS', async () => {
    install('one');
    running = startManager({ settings: { tls } });
    const url = await running.listening();
    const own = { origin: url.slice(0, -1), 'sec-fetch-site': 'same-origin' };
    const answer = await running.ask('/api/v2/exclusions/reset', { method: 'POST', headers: own });
    expect(answer.status).toBe(200);
  });

  test('shows a renewed certificate, and keeps the old one while the pair does not fit', async () => {
    install('one');
    running = startManager({ settings: { tls }, certificatePollMs: 20 });
    const url = await running.listening();
    const { logged } = running;
    expect(await certificateName(url)).toBe('one');

    place('two.crt', certificateFile);
    await vi.waitFor(
      () => expect(logged.at(-1)).toContain('Cannot renew the certificate, the old one stays'),
      SOON,
    );
    expect(await certificateName(url)).toBe('one');

    place('two.key', keyFile);
    await vi.waitFor(() => expect(logged.at(-1)).toContain('certificate renewed'), SOON);
    expect(await certificateName(url)).toBe('two');
    expect((await running.ask('/api/v2/instance')).status).toBe(200);

    writeFileSync(certificateFile, 'not PEM');
    await vi.waitFor(() => expect(logged.at(-1)).toContain('Cannot renew'), SOON);
    expect(await certificateName(url)).toBe('two');
  });

  test('says which certificate it cannot read, and listens when it is there', async () => {
    rmSync(keyFile, { force: true });
    running = startManager({ settings: { port: 0, tls }, retryMs: 20 });
    const { logged } = running;
    const listening = running.listening();
    await vi.waitFor(() => expect(logged).toHaveLength(1), SOON);
    expect(logged[0]).toContain(keyFile);
    expect(logged[0]).toContain('Cannot listen on webManager.listenAddr 127.0.0.1:0');
    install('one');
    expect(await certificateName(await listening)).toBe('one');
  });
});
