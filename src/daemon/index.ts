/** Composes a role from its parts and runs it. */
export { Client } from './client.ts';
export { Server } from './server.ts';
export { StartError } from './start-loop.ts';
