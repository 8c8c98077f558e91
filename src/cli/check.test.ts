import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { configSchema } from '../config/index.ts';
import { rengardeCommand } from './rengarde.ts';

const CLIENT = 'client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: vpn.example.com:59402\n';
const SERVER = 'server:\n  listenAddr: ":59402"\n  dstAddr: 127.0.0.1:59301\n';

let folder: string;
let file: string;
let output: { stdout: string; stderr: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rengarde-check-'));
  file = join(folder, 'engarde.yml');
  output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(process.stdout, 'isTTY');
  rmSync(folder, { recursive: true });
});

function check(text: string, ...options: string[]): Promise<number> {
  writeFileSync(file, text);
  return rengardeCommand(['node', 'rengarde', 'check', ...options, file]);
}

describe('rengarde check', () => {
  test('gives 0 and says nothing to a script when all is well', async () => {
    expect(await check(CLIENT + SERVER)).toBe(0);
    expect(output).toEqual({ stdout: '', stderr: '' });
  });

  test('says on a terminal what the file says', async () => {
    process.stdout.isTTY = true;
    expect(await check(`${CLIENT}  webManager: { listenAddr: 127.0.0.1:9001 }\n${SERVER}`)).toBe(0);
    expect(output.stdout).toBe(
      `${file} is in order: client (127.0.0.1:59401 to vpn.example.com:59402, web interface on 127.0.0.1:9001), server ([::]:59402 to 127.0.0.1:59301, no web interface)\n`,
    );
  });

  test('shows the mistakes of both sections and above them at once, in order', async () => {
    const text = `colour: red
client:
  listenAddr: 127.0.0.1:99999
  dstAdr: vpn.example.com:59402
  webManager:
    listenAddr: 0.0.0.0:9001
server:
  listenAddr: ":59402"
  dstAddr: 127.0.0.1:59301
  maxSessions: many
`;
    process.stdout.isTTY = true;
    expect(await check(text)).toBe(1);
    expect(output.stdout.replaceAll(file, 'F').split('\n')).toEqual([
      'F:1:1: error: colour: unknown key; the nearest known key is "client"',
      'F:2:1: error: client.dstAddr: missing, want a host and a port, such as "server.example.com:59402"',
      'F:3:15: error: client.listenAddr: found "127.0.0.1:99999", want a port from 1 to 65535 after the last colon',
      'F:4:3: error: client.dstAdr: unknown key; the nearest known key is "dstAddr"',
      expect.stringMatching(/^F:6:17: warning: client\.webManager\.listenAddr: found 0\.0\.0\.0:9001/),
      'F:10:16: error: server.maxSessions: found "many", want a whole number from 1 to 16384',
      'F: 5 errors, 1 warning',
      '',
    ]);
  });

  test('an unknown key alone is enough to fail', async () => {
    expect(await check(`${CLIENT}  writeTimout: 10\n`)).toBe(1);
    expect(output.stdout).toMatch(/:4:3: error: client\.writeTimout: unknown key; .*"writeTimeout"\n$/);
  });

  test('shows other warnings and gives 0', async () => {
    expect(await check(`${CLIENT}  webManager: { listenAddr: ":9001" }\n`)).toBe(0);
    expect(output.stdout).toMatch(/:4:29: warning: client\.webManager\.listenAddr: .*stays off/);
  });

  test.each(['', '# nothing\n', 'server.example.com\n'])('wants a section in %j', async (text) => {
    expect(await check(text)).toBe(1);
    expect(output.stdout).toBe(
      `${file}:1:1: error: missing, want a section "client:" or "server:" with listenAddr and dstAddr indented below it\n`,
    );
  });

  test('shows a fault of YAML itself alone', async () => {
    expect(await check(`${CLIENT}\tdeduplicate: no\n`)).toBe(1);
    expect(output.stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/:4:\d+: error: not valid YAML/),
    ]);
  });

  test('gives the same as JSON', async () => {
    expect(await check(`${CLIENT}  dedublicate: true\n`, '--json')).toBe(1);
    expect(JSON.parse(output.stdout)).toEqual({
      file,
      ok: false,
      problems: [
        {
          severity: 'error',
          line: 4,
          column: 3,
          key: 'client.dedublicate',
          message: 'unknown key; the nearest known key is "deduplicate"',
        },
      ],
    });
    output.stdout = '';
    expect(await check(CLIENT, '--json')).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual({ file, ok: true, problems: [] });
  });

  test('gives 2 for what it cannot read, as JSON too', async () => {
    const missing = join(folder, 'none.yml');
    expect(await rengardeCommand(['node', 'rengarde', 'check', missing])).toBe(2);
    expect(output.stdout).toBe('');
    expect(output.stderr).toMatch(/^rengarde: .*none\.yml: error: Cannot read .*rengarde check FILE\n$/);
    expect(await rengardeCommand(['node', 'rengarde', 'check', '--json', folder])).toBe(2);
    expect(JSON.parse(output.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 0, severity: 'error' }],
    });
  });

  test('prints the JSON Schema', async () => {
    expect(await rengardeCommand(['node', 'rengarde', 'check', '--schema'])).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual(configSchema());
  });
});
