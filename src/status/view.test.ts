import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { FakeControl, makePath, makeSession } from '../../test/manager/fake-control.ts';
import type { Canvas } from '../terminal/index.ts';
import { widthOf } from './columns.ts';
import { type Known, viewOf } from './view.ts';

const PLAIN: Canvas = { columns: 80, rows: 24, hasColour: false, hasUnicode: false };
const NOW_MS = Date.parse('2026-11-01T11:00:00Z');

async function client(change: (control: FakeControl) => void = () => {}): Promise<Known> {
  const control = new FakeControl('client');
  change(control);
  return { overview: await control.overview() };
}

async function server(sessions: number): Promise<Known> {
  const control = new FakeControl('server');
  for (let i = 0; i < sessions; i++) {
    const paths = [
      makePath(`203.0.113.${i}:41234`, 'up'),
      makePath(`[2001:db8:77:88:99:aa:bb:${i}]:41234`, 'up'),
    ];
    control.sessionsById.set(String(i), makeSession(String(i), paths));
  }
  const list = await control.sessions({ sort: 'worst', offset: 0, limit: 2 });
  return { overview: await control.overview(), list };
}

describe('viewOf()', () => {
  it('shows a client in 80 columns', async () => {
    expect(viewOf(await client(), PLAIN, NOW_MS)).toEqual([
      'rengarde 0.1.0 client on van, running for 3 h: Van',
      '',
      'Tunnel up. Nothing lost in 15 minutes. Even the best link alone, Main ISP, would',
      'have lost 10. Only Main ISP works: what it loses is lost.',
      '',
      'Link                   State           Down          Up Lost 15m     Late   Last',
      'Main ISP (eth0)        up       8.00 kbit/s   800 bit/s   10.0 %   1.5 ms    3 s',
      'Local Area Connectio.. suspect  8.00 kbit/s   800 bit/s   10.0 %   1.5 ms   12 s',
      '    it is suspect',
      'wwan0                  down                                                never',
      '    it is down',
      'All together                    8.00 kbit/s   800 bit/s      0 %',
      'Not used: wlan0 (by the file)',
    ]);
  });

  it('only counts the links that are left out for their kind', async () => {
    const known = await client((control) => {
      control.paths = [
        makePath('eth0', 'excluded', { excludedBy: 'runtime' }),
        makePath('docker0', 'excluded', { excludedBy: 'default' }),
        makePath('lo', 'excluded', { excludedBy: 'default' }),
      ];
    });
    expect(viewOf(known, PLAIN, NOW_MS).at(-1)).toBe('Not used: eth0 (by hand), 2 more for their kind');
  });

  it('shows a server with its worst sessions in 80 columns', async () => {
    expect(viewOf(await server(5), PLAIN, NOW_MS).slice(2)).toEqual([
      "5 clients, 15 links, nothing lost in the last minute; 7 strangers' packets",
      'turned away.',
      '',
      'In 8.00 kbit/s, out 800 bit/s. 1 more is not answered by WireGuard yet.',
      '',
      'Session                       State       Lost 1m          In         Out   Last',
      '203.0.113.0:41234 +1          carrying        0 % 8.00 kbit/s   800 bit/s    0 s',
      '    203.0.113.0:41234 lost 10.0 %',
      '203.0.113.1:41234 +1          carrying        0 % 8.00 kbit/s   800 bit/s    0 s',
      '    203.0.113.1:41234 lost 10.0 %',
      '3 others, less troubled',
    ]);
  });

  it('shows a server without clients', async () => {
    const lines = viewOf(await server(0), PLAIN, NOW_MS);
    expect(lines.slice(2)).toEqual([
      "No client; 7 strangers' packets turned away.",
      '',
      'In 8.00 kbit/s, out 800 bit/s. 1 more is not answered by WireGuard yet.',
    ]);
  });

  it('lets no name steer the terminal', async () => {
    const known = await client((control) => {
      control.description = 'a\x1b]0;title\x07\nb';
      control.paths = [makePath('eth0', 'up', { label: '\x1b[2J\rFibre', reason: '\x9b1A' })];
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(viewOf(known, PLAIN, NOW_MS).join('')).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
  });

  it('says in colour nothing that it does not say in words', async () => {
    const known = await client();
    const coloured = viewOf(known, { ...PLAIN, hasColour: true }, NOW_MS);
    expect(coloured.join('')).toContain('\x1b[33mTunnel up.\x1b[0m');
    expect(coloured.map(stripVTControlCharacters)).toEqual(viewOf(known, PLAIN, NOW_MS));
  });

  test.each([20, 40, 60, 79, 80, 100, 200])('has no line longer than %i columns', async (columns) => {
    const wide = await client((control) => {
      control.paths.push(
        makePath('日本語の長い名前の接続インターフェース', 'down', { reason: 'x'.repeat(300) }),
      );
    });
    for (const known of [wide, await server(5)]) {
      for (const line of viewOf(known, { ...PLAIN, columns }, NOW_MS)) {
        expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      }
    }
  });
});
