/** `rengarde doctor`: looks at a file, a host and a running program, and says what is wrong and what to do. */
export { type Diagnosis, diagnose } from './diagnose.ts';
export type { Role } from './facts.ts';
export type { Finding } from './finding.ts';
