/** engarde.yml that is changed, damaged and mended while the programs run. */
import { renameSync, writeFileSync } from 'node:fs';
import { interfaceName, type Side } from '../../lab/topology.ts';
import { BrokenPromise, type Make, type Scene } from './fault.ts';

/** A look that found no descriptor free is made up for after 5 s. */
const heardWithinMs = 12_000;
const inForce = 'in force';

export const files = {
  'file changed': async (scene) => {
    const description = `changed ${scene.random.u32()}`;
    const side = scene.step.target as Side;
    await rewrite(
      scene,
      side,
      JSON.stringify({ [side]: { ...scene.rig.configurations[side], description } }),
      'in force',
    );
    return () => mend(scene, side);
  },
  'file damaged': async (scene) => {
    const side = scene.step.target as Side;
    const whole = JSON.stringify({ [side]: scene.rig.configurations[side] }, null, 2);
    const damaged = `${whole.slice(0, 20 + scene.random.whole(whole.length - 40))}\n: [`;
    await rewrite(scene, side, damaged, 'is refused');
    // Not heard of: what is in force is what the file then says again.
    return async () => writeFileSync(scene.rig.host(side).file, `${whole}\n`);
  },
  'excluded in the file': async (scene) => {
    const excludedInterfaces = [interfaceName('client', Number(scene.step.target))];
    const content = JSON.stringify({ client: { ...scene.rig.configurations.client, excludedInterfaces } });
    await rewrite(scene, 'client', content, inForce);
    return () => mend(scene, 'client');
  },
} satisfies Record<string, Make>;

/** As editors do it, in place or by a new file under the name; resolves when the log says what came of it. */
async function rewrite(
  { rig, random }: Pick<Scene, 'rig' | 'random'>,
  side: Side,
  content: string,
  wanted: string,
): Promise<void> {
  const host = rig.host(side);
  const mark = host.lineCount;
  const { program } = host;
  const says = new RegExp(wanted);
  if (random.whole(2) === 0) writeFileSync(host.file, content);
  else {
    writeFileSync(`${host.file}.new`, content);
    renameSync(`${host.file}.new`, host.file);
  }
  const deadlineMs = Date.now() + heardWithinMs;
  // A program that begins anew meanwhile, or is just beginning, reads the file as it is.
  const hasRead = host.isServing;
  while (hasRead && !host.loggedSince(mark, says) && host.program === program) {
    if (Date.now() > deadlineMs) throw new BrokenPromise(`The ${side} does not say that the file ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Back to what it said; a program that began anew meanwhile with a changed file takes it for a change, too. */
export async function mend(scene: Pick<Scene, 'rig' | 'random'>, side: Side): Promise<void> {
  await rewrite(scene, side, JSON.stringify({ [side]: scene.rig.configurations[side] }), inForce);
}
