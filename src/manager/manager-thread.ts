/** The manager's thread: carries messages between control and the manager, and keeps the past in its file. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Past, PastFile } from '../history/index.ts';
import type { Log } from './control.ts';
import { Manager } from './manager.ts';
import { WEB_ROOT } from './pages/files.ts';
import { PortControl } from './port-control.ts';
import type { FromManager, ManagerStart, ToManager } from './protocol.ts';

/** A crash costs so much of the past; each writing wears the flash memory of small routers. */
const SAVE_MS = 5 * 60_000;

const { role, version, settings, historyFile, webRoot } = workerData as ManagerStart;
const port = parentPort as MessagePort;
const say = (message: FromManager) => port.postMessage(message);
const log: Log = (level, message) => say({ is: 'log', level, message });

const control = new PortControl(say);
const file = historyFile === undefined ? undefined : new PastFile(historyFile, log);
const past = (await file?.load()) ?? new Past();
const manager = new Manager({
  role,
  version,
  settings,
  control,
  past,
  webRoot: webRoot ?? WEB_ROOT,
  log,
  onListening: (address, url) => say({ is: 'listening', address, url }),
});
const saving = setInterval(() => void file?.save(past), SAVE_MS);
port.on('message', (message: ToManager) => hear(message));

function hear(message: ToManager): void {
  switch (message.is) {
    case 'answer':
      control.settle(message.id, message.answer);
      break;
    case 'no-answer':
      control.fail(message.id, message.message);
      break;
    case 'stop':
      void stop();
      break;
    default:
      manager.tell(message);
  }
}

async function stop(): Promise<void> {
  clearInterval(saving);
  await manager.stop();
  await file?.save(past);
  say({ is: 'stopped' });
  port.close();
}
