/**
 * The manager's thread: carries messages between control and what is served here, and pushes metrics. Each of the
 * two is loaded only when it is wanted.
 */
import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Push, startPush } from '../metrics/index.ts';
import type { Log } from './control.ts';
import { PortControl } from './port-control.ts';
import type { FromManager, ManagerSettings, ManagerStart, ToManager } from './protocol.ts';
import type { Serving } from './serving.ts';

/** The last push may not take the time in which the past is kept. */
const LAST_PUSH_MS = 300;
/**
 * Packets come first: what many open pages are told every second must not hold up any. On Linux this is the calling
 * thread's alone (setpriority(2), "C library/kernel differences"); elsewhere it would be the packet loop's, too.
 */
const NICENESS = 10;
if (process.platform === 'linux') setPriority(NICENESS);

const start = workerData as ManagerStart;
const port = parentPort as MessagePort;
const say = (message: FromManager) => port.postMessage(message);
const log: Log = (level, message) => say({ is: 'log', level, message });

const control = new PortControl(say);
let serving: Serving | undefined;
let push: Push | undefined;
/** What control says is done one after the other: a frame must not be lost while the past is still being read. */
let turn = begin();
port.on('message', (message: ToManager) => {
  if (message.is === 'answer') control.settle(message.id, message.answer);
  else if (message.is === 'no-answer') control.fail(message.id, message.message);
  else turn = turn.then(() => hear(message));
});

async function begin(): Promise<void> {
  await follow(start.settings);
  if (start.push === undefined) return;
  push = await startPush({ settings: start.push, identity: start, ask: () => control.metrics(), log });
}

async function hear(message: Exclude<ToManager, { is: 'answer' | 'no-answer' }>): Promise<void> {
  if (message.is === 'stop') await stop();
  else if (message.is === 'settings') await follow(message.settings);
  else serving?.tell(message);
}

/** @param settings undefined: it shall not listen */
async function follow(settings: ManagerSettings | undefined): Promise<void> {
  if (settings === undefined) {
    await serving?.stop();
    serving = undefined;
  } else if (serving !== undefined) {
    serving.tell({ is: 'settings', settings });
  } else {
    const { serve } = await import('./serving.ts');
    const onListening = (address: string, url: string) => say({ is: 'listening', address, url });
    serving = await serve({ start, settings, control, log, onListening });
  }
}

async function stop(): Promise<void> {
  const lastPush = push?.stop();
  await serving?.stop();
  if (lastPush !== undefined) {
    await Promise.race([lastPush, new Promise((resolve) => setTimeout(resolve, LAST_PUSH_MS))]);
  }
  say({ is: 'stopped' });
  port.close();
}
