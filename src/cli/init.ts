/** `rengarde init`: flags and questions in, files and what to do with them out. What they say is init's. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type Asker,
  completeAnswers,
  type Flags,
  InitError,
  newWireguardKeys,
  nextSteps,
  planFiles,
  refuseExisting,
  type Surroundings,
  showFile,
  writeSet,
} from '../init/index.ts';
import { listInterfaces } from '../interfaces/index.ts';
import { isAbandoned, terminalAsker } from './terminal-asker.ts';

const WIREGUARD_FOLDER = '/etc/wireguard';

/** Flags of the command besides those that say what is in the files. */
export interface InitOptions extends Flags {
  readonly out: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Returns the exit status. @param terminal who is asked; null without a terminal */
export async function initCommand(
  options: InitOptions,
  terminal: Asker | null = process.stdin.isTTY ? terminalAsker() : null,
): Promise<number> {
  try {
    return await run(options, options.yes === true || terminal === null ? undefined : terminal);
  } catch (error) {
    if (!(error instanceof InitError) && !isAbandoned(error)) throw error;
    const message = error instanceof InitError ? error.message : 'Nothing was written';
    process.stderr.write(`rengarde init: ${message}\n`);
    return 1;
  }
}

async function run(options: InitOptions, asker: Asker | undefined): Promise<number> {
  const surroundings = lookAround();
  const answers = await completeAnswers(options, surroundings, asker);
  const plan = planFiles(answers, surroundings);
  const files = plan.written.map((file) => ({ ...file, path: join(options.out, file.path) }));
  const force = options.force === true;
  const paths = files.map(({ path }) => path);
  await refuseExisting(paths, force);

  for (const file of files) say(showFile(file, file.path));
  for (const file of plan.printed)
    say(showFile(file, `for the ${file.host}, not written here: ${file.path}`));
  for (const warning of plan.warnings) say(`Warning: ${warning}\n`);
  const wanted = files.length === 1 ? 'Write this file?' : `Write these ${files.length} files?`;
  if (options.yes !== true && asker === undefined) {
    throw new InitError('Cannot ask whether to write these files: found no terminal, want --yes');
  }
  if (options.yes !== true && !(await asker!.confirm(wanted))) {
    say('Nothing was written.\n');
    return 1;
  }
  await writeSet(files, force);
  say(`Wrote ${paths.join(', ')}.\n\n${nextSteps(answers, plan, options.out)}`);
  return 0;
}

function lookAround(): Surroundings {
  return {
    hostName: hostname(),
    interfaces: listInterfaces(),
    newKeys: newWireguardKeys,
    read: readWireguardFile,
    candidates: wireguardFiles(),
  };
}

async function readWireguardFile(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'no permission, want root' : message;
    throw new InitError(`Cannot read --wireguard ${file}: ${why}`, { cause });
  }
}

/** Only root may look there; whoever may not, types the name. */
function wireguardFiles(): string[] {
  try {
    const names = readdirSync(WIREGUARD_FOLDER).filter((name) => name.endsWith('.conf'));
    return names.map((name) => join(WIREGUARD_FOLDER, name));
  } catch {
    return [];
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`.replace(/\n+$/, '\n\n'));
}
