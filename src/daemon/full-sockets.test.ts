import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../telemetry/index.ts';
import { FullSockets } from './full-sockets.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
/** Port 59402 is E80A. */
const row = (port: string, inode: number, drops: number) =>
  `  1: 00000000:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 ${drops}         `;

describe('FullSockets', () => {
  let folder: string;
  let said: string[];
  let sockets: FullSockets;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rengarde-full-'));
    for (const name of ['net', 'fd', 'sys/net/core']) mkdirSync(join(folder, name), { recursive: true });
    symlinkSync('socket:[71]', join(folder, 'fd/20'));
    symlinkSync('/dev/null', join(folder, 'fd/0'));
    said = [];
    const log = { warn: (_: object, message: string) => said.push(message) } as unknown as Log;
    sockets = new FullSockets(log, folder, join(folder, 'sys'));
    system({ limit: 212_992, capabilities: '2000' });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function system({ limit, capabilities }: { limit: number; capabilities: string }): void {
    writeFileSync(join(folder, 'sys/net/core/rmem_max'), `${limit}\n`);
    writeFileSync(join(folder, 'status'), `CapPrm:\t0000\nCapEff:\t000000000000${capabilities}\n`);
  }
  const table = (...rows: string[]) => writeFileSync(join(folder, 'net/udp'), [HEAD, ...rows, ''].join('\n'));
  /** What is said of this table at this moment. */
  function heard(atS: number, ...rows: string[]): string[] {
    table(...rows);
    sockets.look(atS * 1_000);
    return said.splice(0);
  }

  test('names the port, the count, the limit and what to raise it to', () => {
    expect(heard(0, row('E80A', 71, 0))).toEqual([]);
    expect(heard(5, row('E80A', 71, 12))).toEqual([
      '12 datagrams lost at the socket on port 59402: its receive buffer was full; ' +
        'raise net.core.rmem_max from 212992 to 4194304 (sysctl) and start the program again',
    ]);
  });

  test('says a look later what it could not find out for want of a descriptor', () => {
    renameSync(join(folder, 'fd'), join(folder, 'gone')); // as good as EMFILE
    expect(heard(0, row('E80A', 71, 12))).toEqual([]);
    renameSync(join(folder, 'gone'), join(folder, 'fd'));
    expect(heard(5, row('E80A', 71, 12))).toEqual([expect.stringContaining('12 datagrams lost')]);
  });

  test.each([
    ['the limit is high enough', { limit: 4_194_304, capabilities: '2000' }],
    ['the program may go past it', { limit: 212_992, capabilities: '3000' }],
  ])('says that the host is too busy when %s', async (_, found) => {
    system(found);
    expect(heard(0, row('E80A', 71, 12))).toEqual([
      expect.stringContaining('was full; the host was too busy to run the program in time'),
    ]);
  });

  test('sums up what goes on once a minute', () => {
    expect(heard(0, row('E80A', 71, 12))).toHaveLength(1);
    expect(heard(5, row('E80A', 71, 30))).toEqual([]);
    expect(heard(61, row('E80A', 71, 40))).toEqual([expect.stringMatching(/^28 datagrams/)]);
    expect(heard(200, row('E80A', 71, 40))).toEqual([]);
  });

  test("says nothing of other programs' sockets, nor where there is no table", () => {
    expect(heard(0, row('E80A', 72, 12))).toEqual([]);
    rmSync(join(folder, 'net/udp'));
    sockets.look();
    expect(said).toEqual([]);
  });
});
