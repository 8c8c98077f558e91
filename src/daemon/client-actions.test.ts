/** ClientActions on a real file, with links whose states the test says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PathState } from '../contract/index.ts';
import { ClientActions, type ClientActionsParts } from './client-actions.ts';
import { Exclusions } from './exclusions.ts';
import type { ExcludedBy } from './path-plan.ts';

const FILE = `client:
  listenAddr: 127.0.0.1:59401 # WireGuard's endpoint
  dstAddr: 192.0.2.1:59402
`;

describe('ClientActions', () => {
  let folder: string;
  let file: string;
  let states: Map<string, PathState>;
  let byFile: Map<string, ExcludedBy>;
  let happened: string[];
  let exclusions: Exclusions;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rengarde-actions-'));
    file = join(folder, 'engarde.yml');
    writeFileSync(file, FILE);
    states = new Map([
      ['eth0', 'up'],
      ['eth1', 'up'],
      ['lo', 'excluded'],
    ]);
    byFile = new Map([['lo', 'default']]);
    happened = [];
    exclusions = new Exclusions();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function actions(parts: Partial<ClientActionsParts> = {}): ClientActions {
    return new ClientActions({
      file,
      exclusions,
      demo: undefined,
      states: () => states,
      excludedByFile: (name) => byFile.get(name),
      isLeftOutByKind: (name) => name === 'lo',
      replan: () => happened.push('planned'),
      reread: async () => {
        happened.push('read');
      },
      notify: (kind, { path }, detail) => happened.push([kind, path, detail].filter(Boolean).join(' ')),
      ...parts,
    });
  }
  const exclude = (path: string, force = false) => actions().carryOut({ do: 'exclude', path, force });
  const include = (path: string) => actions().carryOut({ do: 'include', path });

  test('excludes and includes, and says nothing the second time', async () => {
    expect(await exclude('eth0')).toEqual({ status: 'ok', changed: true });
    expect(exclusions.wishes.get('eth0')).toBe('exclude');
    expect(await exclude('eth0')).toEqual({ status: 'ok', changed: false });
    expect(happened).toEqual(['planned', 'path-excluded eth0 by hand']);
    expect(await include('lo')).toEqual({ status: 'ok', changed: true });
    expect(exclusions.wishes.get('lo')).toBe('include');
  });

  test.each(['down', 'suspect', 'excluded'] as const)(
    'wants a confirmation for the last link that works, the other being %s',
    async (other) => {
      states.set('eth1', other);
      expect(await exclude('eth0')).toMatchObject({ status: 'refused', code: 'last-working-path' });
      expect(exclusions.wishes.size).toBe(0);
      expect(await exclude('eth0', true)).toEqual({ status: 'ok', changed: true });
    },
  );

  test('needs no confirmation for a link that does not carry', async () => {
    states.set('eth0', 'down').set('eth1', 'down');
    expect(await exclude('eth0')).toMatchObject({ status: 'ok' });
  });

  test('knows no other links than there are, unless told not to ask', async () => {
    expect(await exclude('eth7')).toMatchObject({ status: 'refused', code: 'unknown-path' });
    expect(await include('eth7')).toMatchObject({ status: 'refused', code: 'unknown-path' });
    const sure = { do: 'exclude', path: 'eth7', force: true, anyName: true } as const;
    expect(await actions().carryOut(sure)).toEqual({ status: 'ok', changed: true });
  });

  test('resets to what the file says', async () => {
    expect(await actions().carryOut({ do: 'reset' })).toEqual({ status: 'ok', changed: false });
    await exclude('eth0');
    expect(await actions().carryOut({ do: 'reset' })).toEqual({ status: 'ok', changed: true });
    expect(exclusions.wishes.size).toBe(0);
  });

  test('keeps in the file what was changed, and has it read', async () => {
    await exclude('eth0');
    await include('lo');
    happened = [];
    expect(await actions().carryOut({ do: 'keep' })).toEqual({ status: 'ok', changed: true });
    expect(readFileSync(file, 'utf8')).toContain("127.0.0.1:59401 # WireGuard's endpoint\n");
    expect(readFileSync(file, 'utf8')).toMatch(/excludedInterfaces:\s+- eth0\s/);
    expect(readFileSync(file, 'utf8')).toMatch(/includedInterfaces:\s+- \+lo\s/);
    expect(happened).toEqual(['read', 'exclusions-kept eth0 excluded, lo included']);
  });

  test('says why it cannot keep, and changes nothing', async () => {
    writeFileSync(file, `${FILE}  excludedInterfaces: ["eth*"]\n`);
    byFile.set('eth0', 'file');
    await include('eth0');
    expect(await actions().carryOut({ do: 'keep' })).toMatchObject({
      status: 'refused',
      code: 'cannot-keep',
    });
    expect(readFileSync(file, 'utf8')).toBe(`${FILE}  excludedInterfaces: ["eth*"]\n`);
    expect(exclusions.wishes.get('eth0')).toBe('include');
  });

  test("cuts the demo's links only inside the demo", async () => {
    expect(await actions().carryOut({ do: 'cut', path: 'LTE' })).toMatchObject({ code: 'not-a-demo' });
    const cut: string[] = [];
    const demo = {
      links: () => [{ name: 'LTE', isCut: false }],
      cut: (name: string) => cut.push(name) > 0 && name === 'LTE',
      restore: () => true,
      onChange: () => {},
    };
    const inDemo = actions({ demo });
    expect(await inDemo.carryOut({ do: 'cut', path: 'LTE' })).toEqual({ status: 'ok', changed: true });
    expect(await inDemo.carryOut({ do: 'cut', path: 'DSL' })).toMatchObject({ code: 'unknown-path' });
    expect(cut).toEqual(['LTE', 'DSL']);
  });
});
