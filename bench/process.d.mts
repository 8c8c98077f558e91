/** Types of process.mjs, for the benchmarks that are TypeScript because the lab is. */
export interface NodeProgram {
  readonly pid: number;
  readonly lines: readonly string[];
  readonly ended: Promise<unknown>;
  line(text: string): Promise<string>;
  stop(): Promise<void>;
}
export function startNode(
  script: string,
  args?: readonly (string | number)[],
  environment?: NodeJS.ProcessEnv,
): NodeProgram;
export function start(
  command: string,
  args?: readonly (string | number)[],
  environment?: NodeJS.ProcessEnv,
): NodeProgram;
export function cpuNs(pid: number): number;
export function residentMiB(pid: number): number;
export function median(values: readonly number[]): number;
