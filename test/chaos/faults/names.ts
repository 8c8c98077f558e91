/** The name server fails while the tunnel runs: names that resolved once must go on serving. */
import type { Make } from './fault.ts';

export const names = {
  'name server': async ({ rig, step }) => {
    await rig.setNameServer(step.target);
    return () => rig.setNameServer('answer');
  },
} satisfies Record<string, Make>;
