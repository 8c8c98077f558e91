/**
 * `npm run fuzz`: fuzzes the targets, each in a process of its own. Ends with a table; status 1 when anything was found.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { command, numberFrom } from '../command-line.ts';
import { bundle, PROGRAM } from './bundle.ts';
import { type Outcome, SLOT, type Wishes } from './loop.ts';
import type { Target } from './target.ts';
import { SLOT_HEADER_BYTES } from './trial.ts';

/** One and the same input hangs when it took so much of the processor, or so long, however busy the machine is. */
const HANG_CPU_MS = 20_000;
const HANG_MS = 180_000;
/** In /proc/PID/stat, proc(5): USER_HZ is 100 on every platform. */
const TICK_MS = 10;
const LOOK_MS = 500;
/** What a target is given: what needs more keeps too much. */
const HEAP_MIB = 384;
const TARGETS = join(import.meta.dirname, 'targets');
const CACHE = join(import.meta.dirname, '../../.cache/fuzz');
const COLUMNS = ['target', 'runs', 'per s', 'inputs', 'edges', 'slowest', 'growth', 'found'];
const WIDTHS = [18, 10, 7, 7, 11, 8, 18];

interface Options {
  readonly minutes: number;
  readonly jobs: number;
  readonly seed: number;
  readonly keep: boolean;
  readonly input?: string;
  readonly from: string;
}

const program = command(
  'npm run fuzz --',
  'Fuzzes what reads foreign bytes, each target in a process of its own.',
)
  .argument('[target...]', 'all of them unless named')
  .option('--minutes <n>', 'how long each', numberFrom(0.01), 1)
  .option('--jobs <n>', 'how many at a time', numberFrom(1), 1)
  .option('--seed <n>', 'of chance', numberFrom(0), Date.now() % 1_000_000)
  .option('--keep', 'replace the kept inputs by the shortest ones that lead everywhere', false)
  .option('--input <file>', 'try one input on one target instead')
  .option('--from <folder>', 'where the targets are', TARGETS)
  .addHelpText('after', `\nTargets: ${targetsIn(TARGETS).join(', ')}`)
  .parse();
const options = program.opts<Options>();
const known = targetsIn(options.from);
const unknown = program.args.find((name) => !known.includes(name));
if (unknown !== undefined) program.error(`Cannot fuzz "${unknown}": want one of ${known.join(', ')}`);
const names = program.args.length > 0 ? program.args : known;

if (options.input !== undefined) {
  const { target } = (await import(join(options.from, `${names[0]}.ts`))) as { target: Target };
  await target.run(readFileSync(options.input));
  console.log('Nothing is wrong with it');
  process.exit(); // a server that the target listens with is not waited for
} else {
  process.exitCode = await fuzzAll();
}

function targetsIn(folder: string): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.ts$/, ''));
}

async function fuzzAll(): Promise<number> {
  const rows: string[] = [];
  let isClean = true;
  const waiting = [...names];
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { row, isOk } = await fuzzOne(name);
      rows.push(row);
      isClean &&= isOk;
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  console.log(
    `\nseed ${options.seed}, ${options.minutes} min each\n${rowOf(COLUMNS)}\n${rows.toSorted().join('\n')}`,
  );
  return isClean ? 0 : 1;
}

async function fuzzOne(name: string): Promise<{ row: string; isOk: boolean }> {
  const directory = join(CACHE, name);
  await bundle(join(options.from, `${name}.ts`), directory);
  const seconds = options.minutes * 60;
  const wishes: Wishes = { name, directory, seconds, seed: options.seed, keep: options.keep };
  const { outcome, death } = await inProcess(wishes);
  if (outcome === undefined) {
    const file = join(directory, 'fault-died');
    writeFileSync(file, inputIn(directory));
    return { row: rowOf([name, '', '', '', '', '', '', `${death}: ${file}`]), isOk: false };
  }
  const { runs, runsPerSecond, inputs, edges, allEdges, slowestMs, growth, faults } = outcome;
  const found = faults.length === 0 ? 'nothing' : faults.join(' ');
  const figures = [
    runs,
    runsPerSecond.toFixed(),
    inputs,
    `${edges}/${allEdges}`,
    `${slowestMs.toFixed()} ms`,
  ];
  const row = rowOf([name, ...figures.map(String), growth, found]);
  return { row, isOk: faults.length === 0 && !growth.startsWith('grew') };
}

/** Runs a target's program to its end, or ends it when it hangs. */
function inProcess(wishes: Wishes): Promise<{ outcome?: Outcome; death: string }> {
  const { directory } = wishes;
  rmSync(join(directory, SLOT), { force: true });
  const flags = ['--expose-gc', '--enable-source-maps', `--max-old-space-size=${HEAP_MIB}`];
  const child = spawn(process.execPath, [...flags, join(directory, PROGRAM), JSON.stringify(wishes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.pid !== undefined) setPriority(child.pid, 10);
  let outcome: Outcome | undefined;
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('{"runs"')) outcome = JSON.parse(line) as Outcome;
    else console.log(line);
  });
  let running = '';
  let sinceMs = performance.now();
  let sinceCpuMs = 0;
  let hangs = false;
  const watch = setInterval(() => {
    const now = trialIn(directory);
    const cpuMs = processorMs(child.pid);
    if (now !== running) {
      sinceMs = performance.now();
      sinceCpuMs = cpuMs;
    }
    running = now;
    if (performance.now() - sinceMs < HANG_MS && cpuMs - sinceCpuMs < HANG_CPU_MS) return;
    hangs = true;
    child.kill('SIGKILL');
  }, LOOK_MS);
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      clearInterval(watch);
      const death = hangs ? 'hung' : `died (${signal ?? `status ${status}`})`;
      resolve({ death, ...(outcome !== undefined && { outcome }) });
    });
  });
}

/** What a process has used so far; 0 where nobody tells. */
function processorMs(pid: number | undefined): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
    const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
    return (user + system) * TICK_MS;
  } catch {
    return 0; // no /proc, or ended just now: the time on the clock decides
  }
}

/** The number of the trial that runs now. */
function trialIn(directory: string): string {
  return slotIn(directory).subarray(0, 4).toString('hex');
}

function inputIn(directory: string): Buffer {
  const slot = slotIn(directory);
  if (slot.length < SLOT_HEADER_BYTES) return slot;
  return slot.subarray(SLOT_HEADER_BYTES, SLOT_HEADER_BYTES + slot.readUInt32LE(4));
}

/** Empty before the first trial. */
function slotIn(directory: string): Buffer {
  const file = join(directory, SLOT);
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

function rowOf(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd();
}
