/** Asks the running program for its overview, through the management server that its section names. */
import { Asker, CannotAsk, placesOf } from '../../asking/index.ts';
import type { ManagerConfig } from '../../config/index.ts';
import type { RunningFacts } from '../facts.ts';

export async function askInstance(web: ManagerConfig | undefined): Promise<RunningFacts> {
  let unasked: RunningFacts['unasked'] = { why: 'off', detail: 'no webManager in its section' };
  for (const place of web === undefined ? [] : placesOf(web)) {
    const asker = new Asker(place, false);
    try {
      const { overview } = await asker.overview();
      return { overview };
    } catch (error) {
      if (!(error instanceof CannotAsk)) throw error;
      unasked = { why: error.why, detail: error.reason };
      if (error.why === 'refused') break;
    } finally {
      asker.close();
    }
  }
  return { unasked };
}
