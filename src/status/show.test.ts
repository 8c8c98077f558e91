/** The whole command against managers that really listen. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { makePath, makeSession } from '../../test/manager/fake-control.ts';
import { listeningManager, type RunningManager } from '../../test/manager/running-manager.ts';
import { type StatusOptions, showStatus } from './show.ts';

const CLIENT = 'listenAddr: 127.0.0.1:59401, dstAddr: "vpn.example:59402"';
const SERVER = 'listenAddr: 0.0.0.0:59402, dstAddr: 127.0.0.1:59301';

let folder: string;
let running: { stop(): Promise<unknown> }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rengarde-status-'));
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
});
afterAll(() => rmSync(folder, { recursive: true }));

async function manager(...options: Parameters<typeof listeningManager>): Promise<RunningManager> {
  const one = await listeningManager(...options);
  running.push(one.manager);
  return one;
}

function write(text: string): string {
  const file = join(folder, 'engarde.yml');
  writeFileSync(file, text);
  return file;
}

/** engarde.yml of both roles, or of one. */
function fileOf(sections: { client?: string; server?: string }): string {
  const section = (role: string, keys: string, web: string) =>
    `${role}: { ${keys}${web === '' ? '' : `, webManager: { ${web} }`} }\n`;
  const { client, server } = sections;
  return write(
    (client === undefined ? '' : section('client', CLIENT, client)) +
      (server === undefined ? '' : section('server', SERVER, server)),
  );
}

const at = (url: string) => `listenAddr: "${new URL(url).host}"`;

/** An address at which nobody listens. */
async function nowhere(): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function status(options: Partial<StatusOptions>) {
  const output = new PassThrough({ encoding: 'utf8' });
  const errors = new PassThrough({ encoding: 'utf8' });
  const code = await showStatus({
    file: join(folder, 'none.yml'),
    password: async () => {
      throw new Error('nobody is there to ask');
    },
    isInsecure: false,
    asJson: false,
    isLive: false,
    environment: {},
    input: new PassThrough() as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
    errors,
    ...options,
  });
  return { code, output: String(output.read() ?? ''), errors: String(errors.read() ?? '') };
}

describe('showStatus() asks', () => {
  it('the client that the file names', async () => {
    const { url } = await manager();
    const { code, output, errors } = await status({ file: fileOf({ client: at(url()) }) });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^rengarde 0\.1\.0 client on van, .*\n\nTunnel up\. Nothing lost/);
  });

  it('the server, and for its sessions', async () => {
    const { url, control } = await manager({ role: 'server' });
    for (let id = 0; id < 12; id++) {
      control.sessionsById.set(`${id}`, makeSession(`${id}`, [makePath(`192.0.2.${id}:4`, 'up')]));
    }
    const { code, output } = await status({ file: fileOf({ server: at(url()) }) });
    expect(code).toBe(0);
    expect(output).toContain('12 clients, 36 links, nothing lost in the last minute');
    expect(output).toMatch(/^192\.0\.2\.9:4 .*\n.*\n2 others, less troubled\n$/m);
  });

  it('with both sections in the file whichever answers', async () => {
    const { url } = await manager({ role: 'server' });
    const file = fileOf({ client: at(await nowhere()), server: at(url()) });
    expect((await status({ file })).output).toContain(' server on van');
    expect((await status({ file, role: 'server' })).code).toBe(0);
    const client = await status({ file, role: 'client' });
    expect(client.code).toBe(2);
    expect(client.errors).toMatch(/rengarde-client at http:\/\/127\.0\.0\.1:\d+: nobody listens there/);
  });

  it('the right one when both sections name the same address', async () => {
    const { url } = await manager({ role: 'server', settings: { username: 'me', password: 'two' } });
    const file = fileOf({
      client: `${at(url())}, username: me, password: one`,
      server: `${at(url())}, username: me, password: two`,
    });
    expect((await status({ file })).output).toContain(' server on van');
  });

  it('with the credentials of the file, or others', async () => {
    const { url } = await manager({ settings: { username: 'me', password: 'sécret:' } });
    const file = fileOf({ client: `${at(url())}, username: me, password: "sécret:"` });
    expect((await status({ file })).code).toBe(0);
    const password = async () => 'sécret:';
    expect((await status({ url: url(), user: 'me', password })).code).toBe(0);
    expect((await status({ file, user: 'other', password })).errors).toContain('wrong username "other"');
  });

  it('this host for a program that listens on every address', async () => {
    const { url } = await manager({ settings: { host: '0.0.0.0' } });
    const { port } = new URL(url());
    for (const host of ['0.0.0.0', '']) {
      const file = fileOf({ client: `listenAddr: "${host}:${port}", allowInsecure: true` });
      expect((await status({ file })).errors).toBe('');
    }
  });

  it('by HTTPS, trusting the certificate that the file names and no other', async () => {
    const certificateFile = join(folder, 'web.crt');
    const keyFile = join(folder, 'web.key');
    const subject = ['-subj', '/CN=van.example', '-addext', 'subjectAltName=DNS:van.example'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certificateFile, ...subject], {
      stdio: 'ignore',
    });
    const { url } = await manager({ settings: { tls: { certificateFile, keyFile } } });
    const file = fileOf({ client: `${at(url())}, tls: { certificateFile: web.crt, keyFile: web.key }` });
    expect((await status({ file })).errors).toBe('');
    const untrusted = await status({ url: url() });
    expect(untrusted.code).toBe(2);
    expect(untrusted.errors).toMatch(/its certificate is not trusted \(.*\); --insecure takes any\n$/);
    expect((await status({ url: url(), isInsecure: true })).code).toBe(0);
    expect((await status({ url: url().replace('https', 'http') })).errors).toContain(
      'does it want https://?',
    );
  });
});

describe('showStatus() gives', () => {
  test.each([
    ['carrying', 0],
    ['idle', 0],
    ['waiting', 0],
    ['losing', 1],
    ['unanswered', 1],
    ['no-path', 1],
  ] as const)('for %s the status %i', async (state, wanted) => {
    const { url, control } = await manager();
    const overview = await control.overview();
    control.overview = async () => {
      if (overview.role !== 'client') throw new Error('want a client');
      const { session } = overview;
      return { ...overview, session: { ...session, tunnel: { ...session.tunnel, state } } };
    };
    expect((await status({ url: url() })).code).toBe(wanted);
  });

  it('the overview as it is', async () => {
    const { url, ask } = await manager();
    const { code, output } = await status({ url: url(), asJson: true });
    expect(code).toBe(0);
    expect(output).toBe(`${(await ask('/api/v2/overview')).text}\n`);
  });
});

describe('showStatus() gives 2 and the reason', () => {
  const failure = async (options: Partial<StatusOptions>) => {
    const { code, output, errors } = await status(options);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    return errors;
  };

  it('without a file', async () => {
    expect(await failure({})).toMatch(/none\.yml: error: Cannot read .*; or say where to ask: --url/);
  });

  it('without webManager in it', async () => {
    expect(await failure({ file: fileOf({ client: '' }) })).toMatch(
      /^rengarde: Cannot ask a program by .*engarde\.yml: it has no client\.webManager\.listenAddr; add it, such as 127\.0\.0\.1:9001\n$/,
    );
  });

  it('with a web interface that stays off', async () => {
    expect(await failure({ file: fileOf({ client: 'listenAddr: ":9001"' }) })).toContain('stays off');
  });

  it('with errors in the section', async () => {
    const file = write('client: { listenAddr: 1 }\n');
    expect(await failure({ file })).toMatch(/its section "client:" has errors, see: rengarde check /);
    expect(await failure({ file, role: 'server' })).toContain('it has no section "server:"');
  });

  it('when nobody listens', async () => {
    expect(await failure({ url: await nowhere() })).toMatch(/nobody listens there; does it run\?\n$/);
  });

  it('when another program than the one asked for answers', async () => {
    const { url } = await manager();
    expect(await failure({ url: url(), role: 'server' })).toContain(
      'it is a rengarde-client, want a rengarde-server',
    );
  });

  it('when it wants a password, or another one', async () => {
    const { url } = await manager({ settings: { username: 'me', password: 'secret' } });
    expect(await failure({ url: url() })).toContain('it wants a username and password; --user NAME');
    const wrong = await failure({ url: url(), user: 'me', password: async () => 'other' });
    expect(wrong).toContain('wrong password, or wrong username "me"');
    expect(wrong).not.toContain('other');
  });

  it('when a stranger answers', async () => {
    const answers = ['<html>', '{"role":"client"}', 'null'];
    const stranger = createServer((_request, response) => response.end(answers.shift())).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => stranger.once('listening', resolve));
    running.push({ stop: async () => stranger.close() });
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    while (answers.length > 0)
      expect(await failure({ url })).toContain('is no overview of a rengarde program');
  });

  it('in the words of whoever refuses, but without commands to the terminal', async () => {
    const refusal = JSON.stringify({ code: 'full', message: 'Cannot \x1b[2Janswer' });
    const other = createServer((_request, response) => response.writeHead(503).end(refusal));
    other.listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    running.push({ stop: async () => other.close() });
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    expect(await failure({ url })).toBe(`rengarde: Cannot ask ${url}: Cannot  [2Janswer\n`);
  });

  test.each(['127.0.0.1:9001', 'ftp://van/', 'van'])('for the URL %s', async (url) => {
    expect(await failure({ url })).toMatch(/want a URL such as http:\/\/127\.0\.0\.1:9001\n$/);
  });

  it('when there is no terminal to watch on', async () => {
    const { url } = await manager();
    expect(await failure({ url: url(), isLive: true })).toContain('Cannot watch without a terminal');
  });
});
