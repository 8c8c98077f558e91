/* engarde.yml: schema, defaults, and errors with line and column. */
export type { ClientConfig, DstOverride, ManagerConfig, PathEntry, ServerConfig } from './config.ts';
export { compileGlobs } from './globs.ts';
export { formatHostPort, type HostPort } from './host-port.ts';
export { loadClientConfig, loadServerConfig } from './load.ts';
export { type Loaded, parseClientConfig } from './parse.ts';
export { ConfigError, formatProblem, type Problem } from './problem.ts';
