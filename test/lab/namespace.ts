/**
 * One network namespace: made, used and removed through `ip netns` (man 8 ip-netns).
 *
 * Names carry the process id of the run that made them, so that runs at the same time don't clash and
 * the next run can sweep up after one that was killed. What is inside a namespace is topology.ts's.
 */
import { type ChildProcess, execFile, type SpawnOptions, spawn, spawnSync } from 'node:child_process';

/** How long one command may take; all of them take a few milliseconds on an idle machine. */
const commandTimeoutMs = 20_000;
const namePattern = /^rgl-(\d+)-/;

/** Names of this process's namespaces that still exist: what the last-resort clean-up has to remove. */
const living = new Set<string>();
let made = 0;

export interface RunOptions {
  /** Written to the command's standard input. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** A namespace that this process owns until `remove()`; whatever runs inside then is killed. */
export class Namespace {
  readonly name: string;

  /** Makes an empty namespace with its loopback up. Needs root. */
  constructor(role: string) {
    if (made === 0) {
      removeStaleNamespaces();
      cleanUpAtExit();
    }
    made += 1;
    this.name = `rgl-${process.pid}-${made}-${role}`;
    const result = spawnSync('ip', ['netns', 'add', this.name], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`Cannot add namespace ${this.name}: ${result.stderr.trim()}`);
    living.add(this.name);
  }

  /** Runs a command inside and gives its standard output; rejects with its output if it fails. */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    return runCommand('ip', ['netns', 'exec', this.name, command, ...args], options);
  }

  /** Carries out `ip` commands in one go, without the leading "ip"; stops at the first that fails. */
  async ip(...lines: readonly string[]): Promise<void> {
    await runCommand('ip', ['-n', this.name, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Starts a command inside. The process id is the command's own: `ip netns exec` replaces itself. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.name, command, ...args], options);
  }

  /** Sets kernel parameters below /proc/sys/net, for example `{ 'ipv4/ip_forward': 1 }`. */
  async setParameters(parameters: Readonly<Record<string, number>>): Promise<void> {
    const lines = Object.entries(parameters).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`);
    await this.run('sh', ['-e'], { input: lines.join('\n') });
  }

  /** Whether a UDP socket is bound to the port inside, over IPv4 or IPv6. */
  async hasUdpPort(port: number): Promise<boolean> {
    const table = await this.run('cat', ['/proc/net/udp', '/proc/net/udp6']);
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return table.split('\n').some((line) => line.trim().split(/\s+/)[1]?.endsWith(suffix));
  }

  /** Kills what runs inside and removes the namespace with all its interfaces. Twice does no harm. */
  remove(): void {
    if (living.has(this.name)) removeNamespace(this.name);
  }
}

/** Runs a command and gives its standard output; rejects with the command line and what it printed. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const timeout = options.timeoutMs ?? commandTimeoutMs;
    const child = execFile(command, [...args], { timeout }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `no end within ${timeout} ms` : `exit ${error.code}`;
      const said = `${stderr}${stdout}`.trim();
      const input = options.input === undefined ? '' : `\ninput:\n${options.input}`;
      reject(new Error(`Cannot run "${[command, ...args].join(' ')}": ${why}: ${said}${input}`));
    });
    // A command that ends without reading its input (EPIPE) tells why on stderr; that is what is reported.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** Whether the process that put its id into a lab's name still runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function removeNamespace(name: string): void {
  const inside = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout ?? '';
  for (const pid of inside.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Already gone between the listing and now: what was wanted.
    }
  }
  spawnSync('ip', ['netns', 'delete', name]);
  living.delete(name);
}

function removeStaleNamespaces(): void {
  const listed = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout ?? '';
  for (const line of listed.split('\n')) {
    const name = line.split(' ')[0] ?? '';
    const pid = namePattern.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeNamespace(name);
  }
}

/** Last resort, for a run that ends without `remove()`; all of it synchronous, as an exit demands. */
function cleanUpAtExit(): void {
  const removeAll = () => {
    for (const name of living) removeNamespace(name);
  };
  process.once('exit', removeAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeAll();
      process.kill(process.pid, signal);
    });
  }
}
