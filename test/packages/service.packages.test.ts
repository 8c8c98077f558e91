/**
 * What a service manager gets to hear from the real program, and what systemd thinks of the units. That systemd starts,
 * watches and reloads them is shown with the Debian package.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { clientFile, has, Running, run } from './packages.ts';

const units = resolve(import.meta.dirname, '../../packaging/systemd');
const built = resolve(import.meta.dirname, '../../dist/bin/rengarde-client.js');
const directory = mkdtempSync(join(tmpdir(), 'rengarde-service-'));
const programs: Running[] = [];

afterEach(async () => {
  for (const program of programs.splice(0)) await program.stop();
});
afterAll(() => rmSync(directory, { recursive: true }));

function start(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Running {
  const program = new Running(command, args, env);
  programs.push(program);
  return program;
}

/** Binds the name, prints each datagram on a line and whether the sender's process is the one that it says. */
const RECEIVER = `
import socket, sys
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
inbox.bind('\\0' + sys.argv[1][1:])
print('bound', flush=True)
while True: print(inbox.recv(65536).decode().replace('\\n', ' '), flush=True)
`;

describe.skipIf(process.platform !== 'linux' || !(await has('python3')))(
  'rengarde-client under a service manager (needs Linux, python3)',
  () => {
    test('says that it is ready, lives, reloads and stops', async () => {
      const file = join(directory, 'client.yml');
      writeFileSync(file, clientFile(59_461, 59_462));
      const socket = `@rengarde-service-${process.pid}`;
      const manager = start('python3', ['-c', RECEIVER, socket]);
      await manager.waitFor(/bound/);
      const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '3000000' };
      const program = start(process.execPath, [built, file], env);
      await manager.waitFor(/READY=1/);
      await manager.waitFor(/WATCHDOG=1 STATUS=\w/);
      program.kill('SIGHUP');
      await manager.waitFor(/RELOADING=1 MONOTONIC_USEC=\d+\n(.*\n)*READY=1/);
      expect(await program.stop()).toBe(0);
      await manager.waitFor(/STOPPING=1 STATUS=closing/);
    });
  },
);

describe.skipIf(!(await has('systemd-analyze')))('The service units (needs systemd-analyze)', () => {
  test.each(['client', 'server'])('for the %s are right, and closed as far as they can be', async (role) => {
    const text = readFileSync(join(units, `rengarde-${role}@.service`), 'utf8');
    const unit = join(directory, `rengarde-${role}@test.service`);
    // What it starts need not be installed here.
    writeFileSync(unit, text.replace(`/usr/bin/rengarde-${role}`, '/bin/true'));
    cpSync(unit, join(directory, `rengarde-${role}@.service`));
    expect(await run('systemd-analyze', ['verify', '--man=no', unit])).toBe('');
    const report = await run('systemd-analyze', ['security', '--offline=yes', '--no-pager', unit]);
    const [line, exposure] = /Overall exposure level for \S+: ([\d.]+) \w+/.exec(report) ?? [];
    process.stdout.write(`${line}\n`);
    expect(Number(exposure)).toBeLessThan(2);
  });
});
