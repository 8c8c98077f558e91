/** `rengarde-client`: run the client, or list the interfaces it sees. */
import { Command } from 'commander';
import { loadClientConfig } from '../config/index.ts';
import { Client } from '../daemon/index.ts';
import { DEFAULT_FILE } from './default-file.ts';
import { demoControl } from './demo-control.ts';
import { listInterfacesCommand } from './list-interfaces.ts';
import { runRole } from './run-role.ts';
import { VERSION } from './version.ts';

/** Returns the exit status. */
export async function clientCommand(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('rengarde-client')
    .description(
      "Sends every packet that WireGuard emits through every usable interface; reads the file's client section.",
    )
    .version(`rengarde-client ver. ${VERSION}`, '-v, --version')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .action(async (file: string) => {
      const role = {
        program: 'rengarde-client',
        load: loadClientConfig,
        start: Client.start,
        demo: demoControl(),
      };
      status = await runRole(role, file);
    })
    .addHelpText('after', HELP);
  program
    .command('list-interfaces')
    .description('show every interface: its address, kind, and whether it is used or why not')
    .argument('[file]', `configuration file (${DEFAULT_FILE} if it exists)`)
    .action(async (file?: string) => {
      status = await listInterfacesCommand(file);
    });
  await program.parseAsync(argv);
  return status;
}

const HELP = `
Point WireGuard's peer endpoint at client.listenAddr, e.g. 127.0.0.1:59401.
Environment: RENGARDE_ENGINE=auto|linux|portable, LOG_LEVEL=debug|info|warn|error
Signals: SIGTERM and SIGINT close all sockets and exit 0; SIGUSR2 writes every link's figures to the log;
SIGHUP reads the file again, as does a change of it: links, labels and credentials change without a restart.
A program started on a terminal ends when the terminal does.

Examples:
  rengarde-client                          run with ./engarde.yml
  rengarde-client /etc/engarde.yml         run with another file
  rengarde-client list-interfaces          what would be used, and why not the others`;
