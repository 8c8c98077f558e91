/**
 * The demo as a user runs it, from the built command: without a terminal, and on one with keys. Needs no root and no
 * namespaces; `script` (util-linux) makes the pseudo-terminal.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { titled } from './requirements.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = fileURLToPath(new URL('../../dist/bin/rengarde.js', import.meta.url));
const buildObstacle = existsSync(command) ? null : 'the programs are not built, run "npm run build"';
const terminalObstacle =
  buildObstacle ??
  (spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0
    ? null
    : 'needs the command script of util-linux');
const WAIT_MS = 20_000;

let child: ChildProcess | null = null;
afterEach(() => {
  if (child?.exitCode === null) child.kill('SIGTERM');
});

function start(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const running = spawn(program, args, {
    cwd: root,
    env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm', NO_COLOR: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child = running;
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  running.stdout.on('data', keep);
  running.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => {
    running.once('close', (code) => resolve(code));
  });
  const waitFor = async (pattern: RegExp, fromChars = 0): Promise<void> => {
    for (const startMs = performance.now(); !pattern.test(output.slice(fromChars)); ) {
      if (performance.now() - startMs > WAIT_MS) throw new Error(`No ${pattern} in the output:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { input: running.stdin, ended, waitFor, output: () => output };
}

function demoDirectories(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('rengarde-demo-'));
}

describe.skipIf(buildObstacle !== null)(titled('demo without a terminal', buildObstacle), () => {
  it('loses no packet while each link is cut once, and leaves nothing behind', async () => {
    const before = demoDirectories();
    const demo = start(process.execPath, [command, 'demo', '--seconds', '6']);
    const status = await demo.ended;
    const output = demo.output();
    expect(status, output).toBe(0);
    const [, lost, sent] = /The tunnel lost ([\d,]+) of ([\d,]+) packets/.exec(output) ?? [];
    console.log(`demo: ${lost} of ${sent} packets lost`);
    expect(lost).toBe('0');
    expect(Number(sent?.replaceAll(',', ''))).toBeGreaterThan(4_000);
    for (const name of ['Fibre', 'LTE', 'Satellite']) expect(output).toContain(`${name} cut`);
    expect(demoDirectories().filter((name) => !before.includes(name))).toEqual([]);
  });

  it('ends with the signal it is sent, also while it starts', async () => {
    for (const whenSeen of [/Starting/, /1 s .* received/]) {
      const demo = start(process.execPath, [command, 'demo']);
      await demo.waitFor(whenSeen);
      child?.kill('SIGTERM');
      expect(await demo.ended, demo.output()).toBe(143);
    }
  });

  it('says what a program printed when it cannot start', async () => {
    const demo = start(process.execPath, [command, 'demo', '--seconds', '2'], {
      RENGARDE_ENGINE: 'steam',
    });
    expect(await demo.ended, demo.output()).toBe(1);
    expect(demo.output()).toMatch(
      /Cannot run the demo: rengarde-(client|server) ended with exit status 1\. rengarde-\w+ printed:/,
    );
  });
});

describe.skipIf(terminalObstacle !== null)(titled('demo on a terminal', terminalObstacle), () => {
  it('cuts and restores a link at the press of a key, and gives the terminal back', async () => {
    const demo = start('script', ['-qec', `"${process.execPath}" "${command}" demo`, '/dev/null']);
    await demo.waitFor(/1 {2}Fibre +up /);
    demo.input.write('1');
    await demo.waitFor(/1 {2}Fibre +CUT .*all +.*×/);
    const whenCut = demo.output().length;
    demo.input.write('1');
    await demo.waitFor(/1 {2}Fibre +up /, whenCut);
    demo.input.write('q');
    expect(await demo.ended, demo.output()).toBe(0);
    const summary = demo.output().slice(demo.output().lastIndexOf('Waiting for'));
    expect(/The tunnel lost ([\d,]+) of/.exec(summary)?.[1], summary).toBe('0');
    expect(demo.output().lastIndexOf('\x1b[?1049l')).toBeGreaterThan(
      demo.output().lastIndexOf('\x1b[?1049h'),
    );
    expect(demo.output()).toContain('\x1b[?25h');
  });
});
