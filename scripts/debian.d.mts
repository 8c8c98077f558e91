/** Types of debian.mjs, for the benchmarks that are TypeScript. */
export function providePrograms(part: 'lab' | 'browser' | 'packages' | 'all packages'): Promise<void>;
