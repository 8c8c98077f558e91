/** The web interface under as many requests as one process can make: packets come first. */
import { Program } from '../../lab/program.ts';
import type { Side } from '../../lab/topology.ts';
import type { Make, Scene } from './fault.ts';

export const manager = {
  'manager flooded': async (scene) => {
    await flood(scene);
    return undefined;
  },
} satisfies Record<string, Make>;

/** For the step's duration; resolves when it is over. */
export async function flood({ rig, referee, step }: Scene): Promise<void> {
  const { namespace, managerUrl } = rig.host(step.target as Side);
  const script = `${import.meta.dirname}/../flood-manager.mjs`;
  // Its processor time would not be this host's in real life: it gets what the others leave.
  const args = ['-n', '19', process.execPath, script, managerUrl, String(step.lastsMs)];
  const program = new Program(namespace, 'nice', args);
  await program.waitForOutput(/requests/, step.lastsMs + 20_000);
  referee.tallies.requests += Number(/(\d+) requests/.exec(program.output)![1]);
  await program.stop();
}
