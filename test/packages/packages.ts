/**
 * Makes packages as `npm run package` does, and runs what is in them. Those that take minutes, or put something on
 * this machine, are made only by `npm test -- packages`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
/** Takes everything that these tests make; what is there already is made anew. */
export const out = join(root, '.cache/packages/test');
/** What the packages are called by. */
export const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
export const executable = join(out, `rengarde-${version}-linux-${process.arch}`);

/** Why a test that takes minutes is left out, or undefined when it is to run. */
export const onlyByName =
  process.env.RENGARDE_PACKAGES === 'all' ? undefined : 'runs by npm test -- packages';

const WAIT_MS = 30_000;
const MOST_OUTPUT_BYTES = 16 << 20;
const execute = promisify(execFile);

/** Runs a program to its end; gives what it printed. @throws with its output when it fails */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const env = { ...process.env, ...options.env };
  try {
    const { stdout, stderr } = await execute(command, args, {
      ...options,
      env,
      maxBuffer: MOST_OUTPUT_BYTES,
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed: ${(error as Error).message}\n${stdout}${stderr}`);
  }
}

/** Whether a program is here, for titles of tests that need it. */
export async function has(command: string): Promise<boolean> {
  return run('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin"; command -v ${command}`]).then(
    () => true,
    () => false,
  );
}

/** `npm run package` of some kinds, from what is built. */
export function make(...kinds: string[]): Promise<string> {
  return run(process.execPath, [join(root, 'scripts/package.mjs'), '--as-built', '--out', out, ...kinds]);
}

/** A program that goes on running, with its output. */
export class Running {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.#ended = new Promise((settle, reject) => this.#child.once('close', settle).once('error', reject));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for the pattern's next match in the output; gives it. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    for (const deadlineMs = Date.now() + WAIT_MS; ; await sleep(20)) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (Date.now() > deadlineMs) throw new Error(`Found no ${pattern} in: ${this.output}`);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Tells it to stop; gives the exit status. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }
}

/** A client and its server on this host; their web interfaces are 50,000 ports below. */
export function clientFile(listenPort: number, serverPort: number): string {
  return `client:
  description: "packaged client"
  listenAddr: "127.0.0.1:${listenPort}"
  dstAddr: "127.0.0.1:${serverPort}"
  webManager:
    listenAddr: "127.0.0.1:${listenPort - 50_000}"
`;
}

export function serverFile(serverPort: number): string {
  return `server:
  description: "packaged server"
  listenAddr: "127.0.0.1:${serverPort}"
  dstAddr: "127.0.0.1:9"
  webManager:
    listenAddr: "127.0.0.1:${serverPort - 50_000}"
`;
}

/**
 * Runs both roles, looks at their web interfaces, and stops them.
 * @param commands of the client and of the server, without the configuration file
 */
export async function runBothRoles(
  commands: { client: readonly string[]; server: readonly string[] },
  files: { client: string; server: string },
): Promise<{ outputs: string[]; statuses: (number | null)[]; pages: string[] }> {
  const programs = (['client', 'server'] as const).map((role) => {
    const [command, ...args] = commands[role];
    return new Running(command!, [...args, files[role]]);
  });
  const pages: string[] = [];
  try {
    for (const program of programs) {
      const [, url] = await program.waitFor(/web interface: (http:[^"]+)"/);
      const first = await fetch(url!);
      const page = await first.text();
      const script = /main-[A-Z0-9]{8}\.js/.exec(page)?.[0];
      const answer = await fetch(`${url}${script}`, { headers: { 'accept-encoding': 'br' } });
      pages.push(`${first.status} ${answer.status} ${answer.headers.get('content-encoding')}`);
    }
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
  const statuses = await Promise.all(programs.map((program) => program.stop()));
  return { outputs: programs.map(({ output }) => output), statuses, pages };
}
