/* engarde.yml: schema, defaults, errors with line and column, changes in it and to it. */
export type { Checked } from './check.ts';
export type { ClientConfig, DstOverride, ManagerConfig, PathEntry, ServerConfig } from './config.ts';
export { keepExclusions } from './edit.ts';
export { EditError } from './edit-error.ts';
export type { Exclusions } from './exclusions.ts';
export { compileGlobs } from './globs.ts';
export { formatHostPort, type HostPort, isHost, parseDstAddr } from './host-port.ts';
export { configSchema } from './json-schema.ts';
export { loadChecked, loadClientConfig, loadServerConfig } from './load.ts';
export { type Loaded, parseClientConfig } from './parse.ts';
export { ConfigError, formatProblem, type Problem, quote } from './problem.ts';
export { restartKeys } from './restart-keys.ts';
export { type FileWatch, watchFile } from './watch-file.ts';
