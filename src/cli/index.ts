/** The commands: each takes argv and returns an exit status. */
export { clientCommand } from './client.ts';
export { rengardeCommand } from './rengarde.ts';
export { serverCommand } from './server.ts';
