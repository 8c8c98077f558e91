/** `rengarde`: everything that is not one of the two relays. */
import { Command, InvalidArgumentError } from 'commander';
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
  await program.parseAsync(argv);
  return status;
}

function positiveNumber(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError('want a number of seconds above 0');
  return seconds;
}
