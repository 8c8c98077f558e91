/**
 * Carries a schedule out. Steps begin in its order, each as soon as its time has come, its lanes are free and, if it
 * puts a path at risk, another one has worked for the settling time: on a busy machine things take longer than
 * planned, and the promise that one path works must hold for what happens, not for what was planned.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sceneOf } from './faults/fault.ts';
import { makes } from './faults/index.ts';
import { forbidsSockets, guardPaths, kinds, lanesOf, opensSocket, pathAtRisk } from './kinds.ts';
import { monotonicMs } from './monotonic.ts';
import type { Referee } from './referee.ts';
import type { Rig } from './rig.ts';
import { type Step, settleMs } from './schedule.ts';

const lookEveryMs = 20;

export interface Failure {
  readonly step: Step;
  readonly message: string;
}

export interface RunnerOptions {
  readonly rig: Rig;
  readonly referee: Referee;
  /** Called as each step begins, with the time since the run's beginning. */
  readonly onStep: (step: Step, atMs: number) => void;
}

export class Runner {
  /** Steps that could not be carried out, or whose promise was not kept. */
  readonly failures: Failure[] = [];
  readonly #options: RunnerOptions;
  readonly #startMs = monotonicMs();
  /** By lane: when the last step on it is over. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** When all steps so far are over that need a socket opened, and those that forbid it. */
  #opened: Promise<unknown> = Promise.resolve();
  #forbidden: Promise<unknown> = Promise.resolve();
  /** Guard paths that work, and since when. */
  readonly #worksSinceMs = new Map<number, number>(guardPaths.map((path) => [path, this.#startMs]));

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Resolves when every step is over and undone; rejects when a program ended by itself. */
  async run(steps: readonly Step[]): Promise<void> {
    const running: Promise<void>[] = [];
    for (const step of steps) {
      await this.#until(step.atMs);
      this.#checkPrograms();
      running.push(this.#begin(step));
    }
    await Promise.all(running);
    this.#checkPrograms();
  }

  #begin(step: Step): Promise<void> {
    const lanes = lanesOf(step.kind, step.target);
    const before: unknown[] = lanes.map((lane) => this.#lanes.get(lane));
    const forbids = forbidsSockets(step.kind, step.target);
    if (forbids) before.push(this.#opened);
    if (opensSocket(step.kind)) before.push(this.#forbidden);
    const over = Promise.all(before).then(() => this.#carryOut(step));
    for (const lane of lanes) this.#lanes.set(lane, over);
    if (forbids) this.#forbidden = over;
    if (opensSocket(step.kind)) this.#opened = Promise.all([this.#opened, over]);
    return over;
  }

  async #carryOut(step: Step): Promise<void> {
    const { rig, referee, onStep } = this.#options;
    const path = pathAtRisk(step.kind, step.target);
    await this.#risk(path);
    const beganMs = monotonicMs();
    onStep(step, beganMs - this.#startMs);
    const spellEnds = referee.openSpell(step.kind, step.target);
    const isBrief = kinds[step.kind].harm === 'edges';
    try {
      const undo = await makes[step.kind](sceneOf(rig, referee, step));
      if (isBrief) this.#works(path);
      await this.#until(beganMs - this.#startMs + step.lastsMs);
      if (isBrief) await this.#risk(path);
      await undo?.();
    } catch (error) {
      this.failures.push({ step, message: (error as Error).message });
    } finally {
      this.#works(path);
      spellEnds(path === undefined ? 0 : settleMs);
    }
  }

  /** From now on the path is not relied upon; waits until another one can be. */
  async #risk(path: number | undefined): Promise<void> {
    if (path === undefined) return;
    while (!this.#isBackedUp(path)) await sleep(lookEveryMs);
    this.#worksSinceMs.delete(path);
  }

  #isBackedUp(path: number): boolean {
    const settled = monotonicMs() - settleMs;
    return [...this.#worksSinceMs].some(([other, sinceMs]) => other !== path && sinceMs <= settled);
  }

  #works(path: number | undefined): void {
    if (path !== undefined) this.#worksSinceMs.set(path, monotonicMs());
  }

  #checkPrograms(): void {
    const ends = this.#options.rig.unexpectedEnds();
    if (ends.length > 0) throw new Error(ends.join('\n'));
  }

  async #until(atMs: number): Promise<void> {
    const leftMs = this.#startMs + atMs - monotonicMs();
    if (leftMs > 0) await sleep(leftMs);
  }
}
