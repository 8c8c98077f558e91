/**
 * Programs that end, stop or begin anew, and clocks that jump. Each time that a program is down is a window that
 * the referee hears of.
 */
import { writeFileSync } from 'node:fs';
import type { Side } from '../../lab/topology.ts';
import { BrokenPromise, type Make, type Scene } from './fault.ts';

/** From an hour to three years, in seconds. */
const jumpsSeconds = [3_600, 86_400, 100_000_000] as const;

export const programs = {
  'kill -9': (scene) => restart(scene, 'SIGKILL'),
  'restart asked for': (scene) => restart(scene, 'SIGTERM'),
  SIGSTOP: stopAndContinue,
  'WireGuard restarted': async ({ rig, referee, step }) => {
    const serves = referee.openWindow(step.target as Side, `WireGuard of the ${step.target} restarted`);
    await rig.host(step.target as Side).restartWireguard();
    serves();
    return undefined;
  },
  'clock jump': async ({ rig, step, random }) => {
    const sign = random.whole(2) === 0 ? '+' : '-';
    const file = rig.clockFile(step.target as Side);
    writeFileSync(file, `${sign}${jumpsSeconds[random.whole(jumpsSeconds.length)]}`);
    return async () => writeFileSync(file, '+0');
  },
} satisfies Record<string, Make>;

async function restart({ rig, referee, step }: Scene, signal: NodeJS.Signals) {
  const serves = referee.openWindow(step.target as Side, `${step.kind} of the ${step.target}`);
  const { code, elapsedMs } = await rig.host(step.target as Side).restart(signal);
  serves();
  if (signal === 'SIGTERM' && code !== 0) {
    throw new BrokenPromise(
      `Asked to end, the ${step.target} left with ${code} after ${elapsedMs.toFixed(0)} ms`,
    );
  }
  return undefined;
}

async function stopAndContinue({ rig, referee, step }: Scene) {
  const { pid } = rig.host(step.target as Side);
  const serves = referee.openWindow(step.target as Side, `SIGSTOP of the ${step.target}`);
  process.kill(pid, 'SIGSTOP');
  return async () => {
    process.kill(pid, 'SIGCONT');
    serves();
  };
}
