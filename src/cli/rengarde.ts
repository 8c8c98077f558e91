/** `rengarde`: everything that is not one of the two relays. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CheckOptions } from './check.ts';
import { DEFAULT_FILE } from './default-file.ts';
import type { DoctorOptions } from './doctor.ts';
import { addInit } from './init-options.ts';
import { addStatus } from './status.ts';
import { VERSION } from './version.ts';

/** Returns the exit status. */
export async function rengardeCommand(argv: readonly string[]): Promise<number> {
  let status = 0;
  const program = new Command('rengarde')
    .description(
      'Makes a WireGuard tunnel survive bad links. The relays are rengarde-client and rengarde-server.',
    )
    .version(`rengarde ver. ${VERSION}`, '-v, --version');
  program
    .command('demo')
    .description('see it work: a client, a server and three bad links on this machine, no root needed')
    .option('--seconds <n>', 'run this long, print a summary and exit', positiveNumber)
    .action(async ({ seconds }: { seconds?: number }) => {
      const { runDemo } = await import('../demo/index.ts'); // only here: the relays need none of it
      const { stdout: output, stdin: input } = process;
      status = await runDemo({ output, input, ...(seconds !== undefined && { seconds }) });
    });
  addInit(program, (code) => {
    status = code;
  });
  program
    .command('check')
    .description('say everything that is wrong with engarde.yml, in both sections; unknown keys are errors')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .option('--json', 'print {file, ok, problems: [{severity, line, column, key, message}]}')
    .option('--schema', 'print the JSON Schema of engarde.yml, for editors, and check nothing')
    .action(async (file: string, options: CheckOptions) => {
      const { checkCommand } = await import('./check.ts');
      status = await checkCommand(file, options);
    })
    .addHelpText('after', CHECK_HELP);
  program
    .command('doctor')
    .description('look at file, host, network and what runs; say what is wrong and what to do about it')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .addOption(
      new Option('--role <role>', 'which of the two programs, when the file has both sections').choices([
        'client',
        'server',
      ]),
    )
    .option('--json', 'print {role, file, findings: [{code, level, about, message, remedy}], status}')
    .action(async (file: string, options: DoctorOptions) => {
      const { doctorCommand } = await import('./doctor.ts');
      status = await doctorCommand(file, options);
    })
    .addHelpText('after', DOCTOR_HELP);
  addStatus(program, (code) => {
    status = code;
  });
  await program.parseAsync(argv);
  return status;
}

function positiveNumber(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError('want a number of seconds above 0');
  return seconds;
}

const CHECK_HELP = `
Exit status: 0 in order, perhaps with warnings; 1 errors; 2 the file cannot be read.

Examples:
  rengarde check                           ./engarde.yml
  rengarde check /etc/engarde.yml && systemctl reload rengarde-client
  rengarde check --schema > engarde.schema.json
`;

const DOCTOR_HELP = `
Levels: ok; note (fine, worth knowing); warning (works, but worse than it could); problem (does not work).
Exit status: 0 everything is in order, 1 there are warnings, 2 there are problems.
Run it as root, or it cannot see what WireGuard is set to and who holds a port. It changes nothing and sends
nothing to the server. docs/troubleshooting.md explains each code.

Examples:
  sudo rengarde doctor                               look at ./engarde.yml and what runs
  sudo rengarde doctor /etc/engarde.yml --role server
  rengarde doctor --json | jq '.findings[] | select(.level == "problem")'`;
