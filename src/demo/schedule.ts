/**
 * When which link fades and when which is cut, so that a demo without a hand on the keys shows something and still
 * has, at every moment, a link that works: links fade one after the other, and cuts are never closer than what is
 * under way on the slowest link. Pure functions of time; scenario.ts carries them out.
 */

/** A link loses packets for this long, … */
const FADE_STEPS = 8;
/** … then for this long none does. */
const CALM_STEPS = 2;
/** Steps are taken one by one, however late: so there is calm between two fades even if the process stalls. */
export const STEP_MS = 100;

const MIN_CUT_MS = 600;
const MAX_CUT_MS = 2_000;

/** The link that fades in this step; -1: none. */
export function fadingLink(step: number, links: number): number {
  const period = FADE_STEPS + CALM_STEPS;
  return step % period < FADE_STEPS ? Math.floor(step / period) % links : -1;
}

/** How long each cut takes, and the time between two, so that each link has its turn within the run. */
export function cutTimeMs(runMs: number, links: number): number {
  return Math.min(MAX_CUT_MS, Math.max(MIN_CUT_MS, runMs / (2 * links + 1)));
}

/** The link that is cut this long after the start; -1: none. */
export function cutLink(elapsedMs: number, cutMs: number, links: number): number {
  const turn = Math.floor(elapsedMs / cutMs);
  return turn % 2 === 0 ? -1 : ((turn - 1) / 2) % links;
}
