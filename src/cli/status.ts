/** `rengarde status`: how the tunnel does, from the program that runs. The work is the status room's. */
import { type Command, Option } from 'commander';
import { DEFAULT_FILE } from './default-file.ts';

interface Flags {
  readonly watch?: true;
  readonly json?: true;
  readonly insecure?: true;
  readonly role?: 'client' | 'server';
  readonly url?: string;
  readonly user?: string;
}

/** Adds the command; `onStatus` gets its exit status. */
export function addStatus(program: Command, onStatus: (status: number) => void): void {
  program
    .command('status')
    .description('say whether the tunnel works, link by link, in the words of the web interface')
    .argument('[file]', 'configuration file, whose webManager says where to ask', DEFAULT_FILE)
    .option('--watch', 'until you press q, drawn anew every second')
    .option('--json', 'the overview as the API gives it; with --watch one line for each')
    .addOption(new Option('--role <role>', 'which of the two programs').choices(['client', 'server']))
    .option('--url <url>', 'ask here, and read no file: http://127.0.0.1:9001')
    .option('--user <name>', "user name instead of the file's; the password is asked for")
    .option('--insecure', 'take any certificate')
    .addHelpText('after', HELP)
    .action(async (file: string, flags: Flags) => onStatus(await statusCommand(file, flags)));
}

async function statusCommand(file: string, { watch, json, insecure, ...wishes }: Flags): Promise<number> {
  const { showStatus } = await import('../status/index.ts'); // only here: nothing else needs it
  const { stdin: input, stdout: output, stderr: errors, env: environment } = process;
  return showStatus({
    ...wishes,
    file,
    isLive: watch === true,
    asJson: json === true,
    isInsecure: insecure === true,
    password: askPassword,
    input,
    output,
    errors,
    environment,
  });
}

async function askPassword(): Promise<string> {
  const { RENGARDE_PASSWORD } = process.env;
  if (RENGARDE_PASSWORD !== undefined) return RENGARDE_PASSWORD;
  const { CannotAsk } = await import('../status/index.ts');
  if (!process.stdin.isTTY) {
    throw new CannotAsk('Cannot ask for the password without a terminal: set RENGARDE_PASSWORD');
  }
  const { password } = await import('@inquirer/prompts');
  try {
    // To standard error, for standard output may be a file.
    return await password({ message: 'Password' }, { output: process.stderr });
  } catch (cause) {
    throw new CannotAsk('No password was given', { cause });
  }
}

const HELP = `
Address and credentials are those of webManager in the file; with both sections, whichever answers on this host.
Figures are of what arrives here; Lost and Late (median, behind the first copy) over 15 minutes.

Exit status: 0 it works, is idle, or waits for WireGuard; 1 it does not work: no usable link, no answer from the
server, packets lost in the last 10 s (a server: every client lost some in the last minute); 2 it cannot be asked.
Environment: RENGARDE_PASSWORD for --user, NO_COLOR

Examples:
  rengarde status                            by ./engarde.yml
  rengarde status --watch                    drawn anew every second; q ends
  ssh -t van rengarde status --watch /etc/engarde.yml
  rengarde status --url https://van.example.com:9001 --user me
  rengarde status --json | jq -r .session.tunnel.state`;
