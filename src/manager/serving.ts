/** The manager while it listens, with the past and its file. Without `webManager` none of this is loaded. */
import { Past, PastFile } from '../history/index.ts';
import type { Control, Log } from './control.ts';
import { Manager, type News } from './manager.ts';
import { WEB_ROOT } from './pages/files.ts';
import type { ManagerSettings, ManagerStart } from './protocol.ts';

/** A crash costs so much of the past; each writing wears the flash memory of small routers. */
const SAVE_MS = 5 * 60_000;

export interface ServingParts {
  readonly start: ManagerStart;
  readonly settings: ManagerSettings;
  readonly control: Control;
  readonly log: Log;
  readonly onListening: (address: string, url: string) => void;
}

/** Goes on until `stop()`, which keeps the past. */
export interface Serving {
  tell(news: News): void;
  stop(): Promise<void>;
}

export async function serve({ start, settings, control, log, onListening }: ServingParts): Promise<Serving> {
  const { role, version, historyFile, webRoot = WEB_ROOT } = start;
  const file = historyFile === undefined ? undefined : new PastFile(historyFile, log);
  const past = (await file?.load()) ?? new Past();
  const manager = new Manager({ role, version, settings, control, past, webRoot, log, onListening });
  const saving = setInterval(() => void file?.save(past), SAVE_MS);
  return {
    tell: (news) => manager.tell(news),
    async stop() {
      clearInterval(saving);
      await manager.stop();
      await file?.save(past);
    },
  };
}
