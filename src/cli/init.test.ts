import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyPairs } from '../../test/init/samples.ts';
import { initCommand } from './init.ts';
import { terminalAsker } from './terminal-asker.ts';

let folder: string;
let [stdout, stderr] = ['', ''];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rengarde-init-'));
  [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const at = (...path: string[]) => join(folder, ...path);
const zero = () => ({ server: '203.0.113.10', withWireguard: true, out: at('out') });

/** A terminal that gives each answer once its question shows. */
function terminal(...script: [question: RegExp, answer: string][]) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.end = () => output; // each question ends its own, and a terminal outlives them
  let screen = '';
  output.on('data', (chunk) => {
    screen += String(chunk);
    const [question, answer] = script[0] ?? [];
    if (question === undefined || !question.test(screen)) return;
    script.shift();
    screen = '';
    setImmediate(() => input.write(answer));
  });
  return terminalAsker({ input, output });
}

describe('initCommand()', () => {
  it('shows everything, without private keys, writes it and says what is next', async () => {
    expect(await initCommand({ ...zero(), yes: true })).toBe(0);
    for (const side of ['client', 'server']) {
      const text = readFileSync(at('out', side, 'wg0.conf'), 'utf8');
      expect(statSync(at('out', side, 'wg0.conf')).mode & 0o777).toBe(0o600);
      const [, secret = ''] = /^PrivateKey = (.*)$/m.exec(text)!;
      expect(stdout).toContain(text.replace(secret, '(hidden)'));
      expect(stdout).not.toContain(secret);
      expect(stdout).toContain(readFileSync(at('out', side, 'engarde.yml'), 'utf8'));
    }
    expect(stdout).toContain('On the server, 203.0.113.10:\n');
    expect(stderr).toBe('');
  });

  it('replaces no file without --force, and names it', async () => {
    await initCommand({ ...zero(), yes: true });
    const file = at('out/server/engarde.yml');
    writeFileSync(file, 'mine');
    expect(await initCommand({ ...zero(), yes: true })).toBe(1);
    expect(stderr).toMatch(
      /^rengarde init: Cannot write .*out\/server\/engarde\.yml.* or --force to replace it\n$/,
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await initCommand({ ...zero(), yes: true, force: true })).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('server:');
  });

  it('without a terminal names the flag that is missing', async () => {
    expect(await initCommand({ out: at('out') }, null)).toBe(1);
    expect(await initCommand(zero(), null)).toBe(1);
    expect(await initCommand({ wireguard: at('none.conf'), out: '.', yes: true })).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/want --server HOST/),
      'rengarde init: Cannot ask whether to write these files: found no terminal, want --yes',
      `rengarde init: Cannot read --wireguard ${at('none.conf')}: no such file`,
    ]);
    expect(() => statSync(at('out'))).toThrow('ENOENT');
  });

  it('shows a changed wg-quick file by what changes', async () => {
    const file = at('home.conf');
    const before = `[Interface]\nPrivateKey = ${keyPairs[0].privateKey}\nMTU = 1280\n[Peer]\nEndpoint = 203.0.113.10:51820\n`;
    writeFileSync(file, before);
    expect(await initCommand({ wireguard: file, out: at('out'), yes: true })).toBe(0);
    expect(stdout).toContain(
      '- Endpoint = 203.0.113.10:51820\n+ Endpoint = 127.0.0.1:59401\n+ PersistentKeepalive = 5\n',
    );
    expect(stdout).not.toContain(keyPairs[0].privateKey);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('asks on a terminal, again after a wrong answer', async () => {
    const asker = terminal(
      [/WireGuard on this host/, '\r'],
      [/Which files do you need/, '\r'],
      [/public address/, 'nowhere:0\r'],
      [/Want a port from 1 to 65535/, '\b\b:7\r'],
      [/inside of the tunnel/, '\r'],
      [/Write these 4 files\?/, 'y\r'],
    );
    expect(await initCommand({ out: at('out'), use: ['eth0'] }, asker), stderr).toBe(0);
    expect(readFileSync(at('out/client/engarde.yml'), 'utf8')).toContain('dstAddr: nowhere:7\n');
  });

  it.each([
    ['No', 'n\r', /Nothing was written\.\n/],
    ['Return, which is no', '\r', /Nothing was written\.\n/],
    ['Ctrl-C', '\x03', /^rengarde init: Nothing was written\n$/],
  ])('writes nothing after %s', async (_, answer, said) => {
    const flags = { ...zero(), role: 'server', tunnel: '10.20.0.0/24' };
    expect(await initCommand(flags, terminal([/Write these 2 files\?/, answer]))).toBe(1);
    expect(stderr || stdout).toMatch(said);
    expect(() => statSync(at('out'))).toThrow('ENOENT');
  });
});
