import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullSample, SAMPLE_FILE } from '../../test/config/sample.ts';
import { loadClientConfig, loadServerConfig } from './load.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rengarde-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, content);
  return file;
}

describe('loadClientConfig()', () => {
  it('reads a file with a byte order mark and Windows line ends', async () => {
    const file = await write('windows.yml', '\ufeffclient:\r\n  listenAddr: :1\r\n  dstAddr: a.de:2\r\n');
    const { config, warnings } = await loadClientConfig(file);
    expect(config.dstAddr).toEqual({ host: 'a.de', port: 2 });
    expect(warnings).toEqual([]);
  });

  it('says how to go on when there is no file', async () => {
    const file = join(directory, 'none.yml');
    await expect(loadClientConfig(file)).rejects.toMatchObject({
      code: 'CONFIG',
      message: `${file}: error: Cannot read the configuration: no such file; copy engarde.yml.sample there and edit it, or name yours: rengarde-client FILE`,
    });
  });

  it('says how to go on when the file is a directory', async () => {
    await expect(loadServerConfig(directory)).rejects.toMatchObject({
      code: 'CONFIG',
      message: `${directory}: error: Cannot read the configuration: it is a directory; name the file in it: rengarde-server FILE`,
    });
  });

  it('refuses what is not UTF-8', async () => {
    const file = await write('utf16.yml', Buffer.from('\ufeffclient:', 'utf16le'));
    await expect(loadClientConfig(file)).rejects.toMatchObject({
      code: 'CONFIG',
      message: `${file}: error: Cannot use the configuration: not UTF-8 text; save it as UTF-8`,
    });
  });

  it('stops reading an endless file', async () => {
    await expect(loadClientConfig('/dev/zero')).rejects.toMatchObject({
      code: 'CONFIG',
      message:
        '/dev/zero: error: Cannot use the configuration: longer than 1048576 bytes; is it the right file?',
    });
  });
});

describe('engarde.yml.sample', () => {
  it('loads without a warning for both roles', async () => {
    const client = await loadClientConfig(SAMPLE_FILE);
    const server = await loadServerConfig(SAMPLE_FILE);
    expect([...client.warnings, ...server.warnings]).toEqual([]);
    expect(client.config.description).toBe('My laptop');
    expect(server.config.description).toBe('My server');
  });

  it('loads without a warning with every optional key switched on', async () => {
    const file = await write('full.yml', fullSample());
    const { config, warnings } = await loadClientConfig(file);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      excludedInterfaces: ['wlan0', 'Local Area Connection 4', 'ppp*'],
      includedInterfaces: ['+br0'],
      interfaceLabels: { eth0: 'Fibre', wwan0: 'Mobile' },
      dstOverrides: [{ ifName: 'eth1' }],
      paths: [{ name: 'first provider', ifName: 'eth0', srcAddr: '192.0.2.7' }],
      webManager: { allowedHosts: ['tunnel.example.com'], tls: { keyFile: join(directory, 'web.key') } },
    });
    expect((await loadServerConfig(file)).config.clientTimeoutMs).toBe(30_000);
  });
});
