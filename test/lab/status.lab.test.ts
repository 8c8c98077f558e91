/**
 * `rengarde status` beside a tunnel that carries: what it says and how it exits as links and programs come and
 * go, once and live on a terminal (util-linux's script). Links as in topology.ts; both hosts have the same file.
 */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, programFile, startLab, tunnel } from './lab.ts';
import { type PingStream, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';
import type { Side } from './topology.ts';

const rengarde = resolve(programFile('client'), '../rengarde.js');
const WAIT = { timeout: 20_000, interval: 200 };

describe.skipIf(programObstacle !== null)(titled('rengarde status', programObstacle), () => {
  let lab: Lab;
  let pings: PingStream;

  beforeAll(async () => {
    lab = await startLab({
      paths: 3,
      engine: 'linux',
      client: {
        webManager: { listenAddr: '127.0.0.1:9001', username: 'van', password: 'secret' },
        interfaceLabels: { c0: 'Fibre' },
      },
      server: { webManager: { listenAddr: '127.0.0.1:9002' } },
    });
    pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4, perSecond: 50 });
  });
  afterAll(async () => {
    await pings?.stop();
    await lab?.stop();
  });

  function start(side: Side, command: string, args: readonly string[]) {
    const child = lab[side].namespace.spawn(command, args, {
      env: { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk) => (said.stdout += chunk));
    child.stderr?.on('data', (chunk) => (said.stderr += chunk));
    const ended = new Promise<number | null>((end) => child.once('close', end));
    return { child, said, ended };
  }

  async function status(side: Side, ...options: string[]) {
    const { ended, said } = start(side, process.execPath, [rengarde, 'status', lab.file, ...options]);
    return { code: await ended, ...said };
  }

  const line = ({ stdout }: { stdout: string }, begin: string) =>
    stdout
      .split('\n')
      .find((one) => one.startsWith(begin))
      ?.replace(/ +/g, ' ') ?? '';

  test('shows the client in 80 columns, and its three links', async () => {
    await expect
      .poll(async () => (await status('client')).stdout, WAIT)
      .toContain('Tunnel up. Nothing lost in');
    await expect
      .poll(async () => line(await status('client'), 'Fibre'), WAIT)
      .toMatch(/^Fibre \(c0\) up [\d.]+ kbit\/s [\d.]+ kbit\/s 0 % [\d.]+ ms \d s$/);
    const said = await status('client');
    expect(said).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['c1', 'c2']) expect(line(said, name)).toMatch(new RegExp(`^${name} up `));
    for (const one of said.stdout.split('\n')) expect(one.length, one).toBeLessThanOrEqual(80);
  });

  test('shows the server with the same file, and from it its client', async () => {
    await expect
      .poll(async () => (await status('server')).stdout, WAIT)
      .toMatch(/1 client, 3 links, nothing lost .*\n(.*\n)+10\.77\.\d\.1:\d+ \+2 +carrying/);
    expect((await status('server', '--role', 'client')).code).toBe(2);
    expect(JSON.parse((await status('server', '--json')).stdout)).toMatchObject({ role: 'server', paths: 3 });
  });

  test('says which link is down or silent, and exits 1 when none is left', async () => {
    await lab.faults.removeAddress(1);
    await lab.faults.blackhole(2);
    await expect.poll(async () => line(await status('client'), 'c1'), WAIT).toMatch(/^c1 down /);
    await expect.poll(async () => line(await status('client'), 'c2'), WAIT).toMatch(/^c2 suspect /);
    expect(await status('client')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Only\sFibre\sworks:/),
    });
    await lab.faults.removeAddress(0);
    await lab.faults.removeAddress(2);
    await expect
      .poll(() => status('client'), WAIT)
      .toMatchObject({ code: 1, stdout: expect.stringContaining('No usable link.') });
    for (const path of [0, 1, 2]) await lab.faults.restoreAddress(path);
    await lab.faults.clear(2);
    await expect.poll(async () => line(await status('client'), 'c1'), WAIT).toMatch(/^c1 up /);
  });

  test('watches on a terminal, through a restart of the program, until q', async () => {
    const command = `"${process.execPath}" "${rengarde}" status --watch ${lab.file}`;
    const { child, said, ended } = start('client', 'script', ['-qec', command, '/dev/null']);
    await expect.poll(() => said.stdout, WAIT).toContain('q ends');
    await lab.client.program!.stop();
    await expect.poll(() => said.stdout, WAIT).toMatch(/Not connected, last news \d+ s ago; trying again\./);
    await lab.client.restart('SIGTERM');
    const whenLost = said.stdout.length;
    const frames = () => said.stdout.slice(whenLost).split('\x1b[H');
    await expect
      .poll(
        () => frames().some((frame) => frame.startsWith('rengarde ') && frame.includes('Tunnel up.')),
        WAIT,
      )
      .toBe(true);
    child.stdin?.write('q');
    expect(await ended).toBe(0);
    expect(said.stdout.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true);
  });

  test('watches as lines of JSON', async () => {
    const { child, said, ended } = start('client', process.execPath, [
      rengarde,
      'status',
      lab.file,
      '--watch',
      '--json',
    ]);
    await expect.poll(() => said.stdout.split('\n').length, WAIT).toBeGreaterThan(3);
    for (const one of said.stdout.trimEnd().split('\n'))
      expect(JSON.parse(one)).toMatchObject({ role: 'client' });
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  test('exits 2 with the reason when the program has ended, or the password is another', async () => {
    const wrong = await status('client', '--user', 'van');
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('set RENGARDE_PASSWORD') });
    await lab.client.program!.stop();
    const gone = await status('client', '--role', 'client');
    expect(gone).toMatchObject({ code: 2, stdout: '' });
    expect(gone.stderr).toBe(
      'rengarde: Cannot ask rengarde-client at http://127.0.0.1:9001: nobody listens there; does it run?\n',
    );
  });
});
