/** The commands: each takes argv and returns an exit status, to leave with. */
export { leave } from '../terminal/index.ts';
export { clientCommand } from './client.ts';
export { rengardeCommand } from './rengarde.ts';
export { serverCommand } from './server.ts';
