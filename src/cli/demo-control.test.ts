import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isCutMessage } from '../demo/page-control.ts';

const MODULE = new URL('./demo-control.ts', import.meta.url);
/** The channel keeps no program alive. */
const GO_ON = 'setTimeout(() => {}, 60_000);';
const UP = { demo: 'links', links: [{ name: 'LTE', isCut: false }] };
const CUT = { demo: 'links', links: [{ name: 'LTE', isCut: true }] };
const WAIT = { timeout: 20_000, interval: 5 };

let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

/** Runs a program with a channel to here; `demoControl` and `report` are there for it. */
function start(program: string, environment: NodeJS.ProcessEnv = { RENGARDE_DEMO: '1' }): ChildProcess {
  const source = `
    import { demoControl } from '${MODULE}';
    const report = (value) => process.send(value ?? null);
    ${program}`;
  child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return child;
}

/** The next that the child says. */
async function heard(from: ChildProcess): Promise<unknown> {
  const [message] = await once(from, 'message');
  return message;
}

describe('demoControl()', () => {
  it('is undefined outside the demo', async () => {
    expect(await heard(start('report(demoControl());', { RENGARDE_DEMO: '' }))).toBe(null);
    const channelless = start(`
      const { send } = process;
      process.send = undefined;
      const control = demoControl();
      process.send = send;
      report(control);`);
    expect(await heard(channelless)).toBe(null);
  });

  it('knows the links told before it was asked for, and each change', async () => {
    const running = start(`${GO_ON}
      setTimeout(() => {
        const control = demoControl();
        control.onChange(() => report(control.links()));
      }, 50);`);
    running.send(UP);
    expect(await heard(running)).toEqual(UP.links);
    running.send({ demo: 'something else' });
    running.send(CUT);
    expect(await heard(running)).toEqual(CUT.links);
  });

  it('asks the demo for a cut and a restore, of known links only', async () => {
    const running = start(`${GO_ON}
      const control = demoControl();
      control.onChange(() => {
        if (control.links()[0].isCut) report(control.restore('LTE') && 'restoring');
        else report([control.cut('Pigeon'), control.cut('LTE')]);
      });`);
    const said: unknown[] = [];
    running.on('message', (message) => said.push(message));
    running.send(UP);
    await vi.waitUntil(() => said.length === 2, WAIT);
    expect(said).toEqual([{ demo: 'cut', link: 'LTE' }, [false, true]]);
    expect(isCutMessage(said[0])).toBe(true);
    running.send(CUT);
    await vi.waitUntil(() => said.length === 4, WAIT);
    expect(said.slice(2)).toEqual([{ demo: 'restore', link: 'LTE' }, 'restoring']);
  });

  it('lets the program end while the demo goes on', async () => {
    const running = start("demoControl(); report('started');");
    running.on('message', () => {}); // our end of the channel stays open
    expect(await once(running, 'exit')).toEqual([0, null]);
  });

  it('has no links to cut once the demo has gone, and the program goes on', async () => {
    const running = start(`
      const control = demoControl();
      const goingOn = setTimeout(() => {}, 60_000);
      control.onChange(() => {
        if (control.links().length > 0) return report('ready');
        clearTimeout(goingOn);
        process.exitCode = control.cut('LTE') ? 1 : 42;
      });`);
    running.send(UP);
    await heard(running);
    running.disconnect();
    expect(await once(running, 'exit')).toEqual([42, null]);
  });
}, 30_000);
