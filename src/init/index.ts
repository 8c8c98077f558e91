/** `rengarde init`: from flags and answers to engarde.yml and WireGuard files for both hosts. */
export type { Asker } from './asker.ts';
export type { Flags } from './flags.ts';
export { InitError } from './init-error.ts';
export { newWireguardKeys } from './keys.ts';
export { nextSteps } from './next-steps.ts';
export { planFiles } from './plan.ts';
export { completeAnswers, type Surroundings } from './questions.ts';
export { showFile } from './show.ts';
export { refuseExisting, writeSet } from './write-set.ts';
