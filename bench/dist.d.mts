/** Types of dist.mjs, for the benchmarks that are TypeScript. */
export function program(name: string): string;
