import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { SystemCallError } from './errors.ts';

/** A receiver that is not ours: binds the name, prints each datagram as JSON. */
const RECEIVER = `
import json, socket, sys
name = sys.argv[1]
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
inbox.bind('\\0' + name[1:] if name.startswith('@') else name)
print(json.dumps('bound'), flush=True)
while True: print(json.dumps(inbox.recv(65536).decode()), flush=True)
`;
const directory = mkdtempSync(join(tmpdir(), 'rengarde-unix-'));
const hasPython = await once(spawn('python3', ['-c', '']), 'close').then(
  ([status]) => status === 0,
  () => false,
);
let receiver: ChildProcess | undefined;

afterEach(() => {
  receiver?.kill('SIGKILL');
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(process.platform !== 'linux' || !hasPython)(
  'sendUnixDatagram() (needs python3)',
  async () => {
    const { sendUnixDatagram } = await import('./unix-datagram.ts');

    test.each([
      ['a path', join(directory, 'notify')],
      ['an abstract name', `@rengarde-test-${process.pid}`],
      ['the longest name', `@${'x'.repeat(106)}`],
    ])('reaches %s', async (_, name) => {
      receiver = spawn('python3', ['-c', RECEIVER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface({ input: receiver.stdout! })[Symbol.asyncIterator]();
      const next = async () => JSON.parse((await lines.next()).value as string) as string;
      expect(await next()).toBe('bound');
      sendUnixDatagram(name, 'READY=1\nSTATUS=zwei Wege über Land');
      sendUnixDatagram(name, 'WATCHDOG=1');
      expect(await next()).toBe('READY=1\nSTATUS=zwei Wege über Land');
      expect(await next()).toBe('WATCHDOG=1');
    });

    test('says why nobody can be reached', () => {
      const name = join(directory, 'nobody');
      expect(() => sendUnixDatagram(name, 'READY=1')).toThrow(SystemCallError);
      expect(() => sendUnixDatagram(name, 'READY=1')).toThrow(`${name}: connect answered ENOENT`);
    });

    test.each(['', `/${'x'.repeat(107)}`])('refuses the name "%s"', (name) => {
      expect(() => sendUnixDatagram(name, 'READY=1')).toThrow('want 1 to 107');
    });
  },
);
