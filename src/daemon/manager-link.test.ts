/**
 * ManagerLink with threads made for the test, since the real manager is a thread of built code (tested in the
 * lab and in the browser): one that says what it gets, and dies when told to.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Overview } from '../contract/index.ts';
import type { ManagerStart } from '../manager/index.ts';
import type { Log } from '../telemetry/index.ts';
import { ManagerLink } from './manager-link.ts';

const SETTINGS = {
  host: '127.0.0.1',
  port: 1,
  username: '',
  password: '',
  metricsToken: '',
  allowedHosts: [],
};
const START: ManagerStart = {
  role: 'client',
  version: '1',
  listenPort: 59401,
  settings: SETTINGS,
  historyFile: '/state/history.json.gz',
};

/** A thread that logs every message it gets, asks once, and obeys `credentials` as orders. */
const ECHO = `
  const { parentPort, workerData } = require('node:worker_threads');
  const say = (message) => parentPort.postMessage({ is: 'log', level: 'info', message });
  say('started with ' + workerData.settings.username);
  parentPort.postMessage({ is: 'ask', id: 7, question: { what: 'overview' } });
  parentPort.on('message', (message) => {
    say(message.is + (message.is === 'answer' ? ' ' + message.id + ' ' + JSON.stringify(message.answer) : ''));
    if (message.is === 'settings' && message.settings.password === 'die') throw new Error('out of luck');
    if (message.is === 'stop') parentPort.postMessage({ is: 'stopped' });
  });`;

/** Stands in for a system without a thread to give: the constructor of Worker throws for both. */
const NO_THREAD = 'https://example.invalid/thread.js';

describe('ManagerLink', () => {
  const said: string[] = [];
  let link: ManagerLink | undefined;
  let starts = 0;

  afterEach(async () => {
    await link?.stop();
    said.length = 0;
    starts = 0;
  });

  function start(code = ECHO, answer = () => ({ role: 'client' }) as Overview): ManagerLink {
    const log = Object.fromEntries(
      ['debug', 'info', 'warn', 'error'].map((level) => [
        level,
        (...args: unknown[]) => said.push(`${level} ${String(args.at(-1))}`),
      ]),
    ) as unknown as Log;
    const entry = new URL(
      code === NO_THREAD ? code : `data:text/javascript,${encodeURIComponent(importing(code))}`,
    );
    link = new ManagerLink(START, log, { answer, onStart: () => starts++ }, entry);
    return link;
  }
  const heard = (line: unknown) => expect.poll(() => said, { timeout: 10_000 }).toContainEqual(line);

  test('answers what the thread asks, and passes on what happens', async () => {
    const running = start();
    await heard('info started with ');
    await heard('info answer 7 {"role":"client"}');
    running.changed();
    running.event({ at: '2026-01-01T00:00:00Z', kind: 'path-up', detail: '' });
    await heard('info changed');
    await heard('info event');
  });

  test('starts a thread that died again, with the settings of now, and says so', async () => {
    const running = start();
    await heard('info started with ');
    running.follow({ ...SETTINGS, username: 'new', password: 'die' });
    await heard('error the web interface failed (out of luck); the tunnel goes on; starting it again in 1 s');
    await heard('info started with new');
    expect(starts).toBe(2);
  });

  test('lives without a thread as long as the system gives none, and says so', async () => {
    const running = start(NO_THREAD);
    running.changed();
    await heard(
      expect.stringMatching(
        /^error the web interface failed \(.*\); the tunnel goes on; starting it again in 1 s$/,
      ),
    );
    await heard(expect.stringMatching(/starting it again in 2 s$/));
    expect(starts).toBe(0);
  });

  test('goes on when an answer fails', async () => {
    start(ECHO, () => {
      throw new Error('no figures');
    });
    await heard('error Cannot answer the web interface (overview): no figures');
    link!.changed();
    await heard('info changed');
  });

  test('.stop() lets the thread keep the past, and does not wait for one that hangs', async () => {
    start();
    await heard('info started with ');
    await link!.stop();
    expect(said).toContain('info stop');
    expect(said.filter((line) => line.startsWith('warn'))).toEqual([]);
    start('setInterval(() => {}, 1000);');
    const startMs = performance.now();
    await link!.stop();
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(said.filter((line) => !line.startsWith('info'))).toEqual([
      'warn Cannot keep the history in /state/history.json.gz: the web interface needs more than 600 ms to end; what is in the file stays',
    ]);
  });
});

/** A module, because a data: URL makes one, in the words of a script. */
function importing(code: string): string {
  return `import { createRequire } from 'node:module'; const require = createRequire('file:///');${code}`;
}
