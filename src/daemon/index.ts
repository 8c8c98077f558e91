/** Composes a role from its parts and runs it. */
export { Client } from './client.ts';
export type { DemoControl } from './demo-control.ts';
export { Server } from './server.ts';
export { connectServiceManager } from './service-manager.ts';
export { StartError, type Surroundings } from './start-loop.ts';
