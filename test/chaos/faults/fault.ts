/** What every family of faults gives: how a kind is made, and undone. */
import { Random } from '../../simnet/random.ts';
import type { Referee } from '../referee.ts';
import type { Rig } from '../rig.ts';
import type { Step } from '../schedule.ts';

/** What a fault is made with. */
export interface Scene {
  readonly rig: Rig;
  readonly referee: Referee;
  readonly step: Step;
  /** From the step's seed. */
  readonly random: Random;
}

/** Ends a fault, after the step's duration. */
export type Undo = () => Promise<void>;

/** Makes a fault; resolves when it is made, to what undoes it, or to nothing when it is over. */
export type Make = (scene: Scene) => Promise<Undo | undefined>;

/** A step that did not do what it was to do, or whose promised log line is missing. */
export class BrokenPromise extends Error {}

export function sceneOf(rig: Rig, referee: Referee, step: Step): Scene {
  return { rig, referee, step, random: new Random(step.seed) };
}
