/** `rengarde-server`: run the server. */
import { Command } from 'commander';
import { loadServerConfig } from '../config/index.ts';
import { Server } from '../daemon/index.ts';
import { DEFAULT_FILE } from './default-file.ts';
import { runRole } from './run-role.ts';
import { VERSION } from './version.ts';

/** Returns the exit status. */
export async function serverCommand(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('rengarde-server')
    .description(
      "Passes a client's packets on to WireGuard and answers on every link; reads the file's server section.",
    )
    .version(`rengarde-server ver. ${VERSION}`, '-v, --version')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .action(async (file: string) => {
      const role = { program: 'rengarde-server', load: loadServerConfig, start: Server.start };
      status = await runRole(role, file);
    })
    .addHelpText('after', HELP);
  await program.parseAsync(argv);
  return status;
}

const HELP = `
server.dstAddr is the local WireGuard's ListenPort, e.g. 127.0.0.1:59301.
Environment: RENGARDE_ENGINE=auto|linux|portable, LOG_LEVEL=debug|info|warn|error
Signals: SIGTERM and SIGINT close all sockets and exit 0; SIGUSR2 writes every link's figures to the log;
SIGHUP reads the file again, as does a change of it. A program started on a terminal ends when the terminal does.`;
