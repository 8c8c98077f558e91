/**
 * `npm run bench`: measures the build in dist/ part by part, prints tables with what is wanted, and writes every
 * value to a JSON file. What each part measures and how to read it: bench/README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { providePrograms } from '../scripts/debian.mjs';
import { command, namesOf, numberFrom, numbersFrom } from '../test/command-line.ts';
import { compared } from './compare.ts';
import { beAlone, disturbance, machine } from './machine.ts';
import type { Findings } from './measures.ts';
import type { Options } from './options.ts';
import { fillPage, joined, type Run } from './page.ts';
import { measureDelay } from './parts/delay.ts';
import { measureIdle } from './parts/idle.ts';
import { measureMemory } from './parts/memory.ts';
import { measureOneWay } from './parts/one-way.ts';
import { measureSessions } from './parts/sessions.ts';
import { measureTunnel } from './parts/tunnel.ts';
import { aligned, tablesOf, wantedTable } from './report.ts';

const parts: Readonly<Record<string, (options: Options) => Promise<Findings>>> = {
  'one-way': measureOneWay,
  delay: measureDelay,
  tunnel: measureTunnel,
  sessions: measureSessions,
  memory: measureMemory,
  idle: measureIdle,
};

interface Asked extends Partial<Omit<Options, 'isQuick' | 'progress'>> {
  readonly quick: boolean;
  readonly json?: string;
  readonly compare?: string;
  readonly page?: readonly string[];
}

const program = command('npm run bench --', 'Measures the build in dist/, prints tables with what is wanted.')
  .argument('[part...]', `of ${Object.keys(parts).join(', ')}; all of them unless named`)
  .option('--quick', 'a few minutes for everything: to see that it works, not to learn from', false)
  .option('--rounds <n>', 'of all contestants in turn (5; quick: 2)', numberFrom(1))
  .option('--seconds <n>', 'of one measurement of a load (1.5; quick: 0.5)', numberFrom(0.1))
  .option('--roles <role,...>', 'one-way: client,server', namesOf(['client', 'server']))
  .option('--paths <n,...>', 'one-way: 1,2,3,5,8 (quick: 3)', numbersFrom(1))
  .option('--lengths <bytes,...>', 'one-way: of datagrams, 100,1400 (quick: 1400)', numbersFrom(1))
  .option('--contestants <name,...>', 'tunnel: bare,ceiling,linux,portable', (text) => text.split(','))
  .option('--minutes <n>', 'memory: 10 (quick: 0.5)', numberFrom(0.1))
  .option('--json <file>', 'where every value goes; else a file in .cache/bench/')
  .option('--compare <file>', 'say what got slower since that run; exit status 1 if anything')
  .option('--page <file...>', 'fill docs/performance.md from these runs of one version, and measure nothing')
  .parse();
const asked = program.opts<Asked>();

if (asked.page !== undefined) {
  fillPage(joined(asked.page.map(read)));
} else {
  const names = program.args.length > 0 ? program.args : Object.keys(parts);
  const at = new Date().toISOString();
  const file = asked.json ?? `.cache/bench/${at.replaceAll(':', '-').slice(0, 19)}.json`;
  mkdirSync(dirname(file), { recursive: true });
  const run = await measure(at, optionsOf(asked), names, (soFar) =>
    writeFileSync(file, `${JSON.stringify(soFar, null, 1)}\n`),
  );
  print(run);
  console.log(`\nEvery value: ${file}`);
  if (asked.compare !== undefined) printComparison(run, read(asked.compare));
}

function optionsOf({ quick, json: _, compare: __, page: ___, ...chosen }: Asked): Options {
  return {
    isQuick: quick,
    rounds: quick ? 2 : 5,
    seconds: quick ? 0.5 : 1.5,
    roles: ['client', 'server'],
    paths: quick ? [3] : [1, 2, 3, 5, 8],
    lengths: quick ? [1400] : [100, 1400],
    contestants: ['bare', 'ceiling', 'linux', 'portable'],
    minutes: quick ? 0.5 : 10,
    ...chosen,
    progress: (text) => process.stderr.write(`${text}\n`),
  };
}

/** @param keep is told after each part what was found so far: whoever ends a long run early keeps that */
async function measure(
  at: string,
  options: Options,
  names: readonly string[],
  keep: (run: Run) => void,
): Promise<Run> {
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    program.error(`Cannot measure "${unknown}": there are ${Object.keys(parts).join(', ')}`);
  }
  if (names.includes('tunnel')) await providePrograms('lab');
  await beAlone();
  const { percent, isTooMuch } = await disturbance();
  if (isTooMuch) {
    options.progress(
      `The machine is not quiet: others use ${percent.toFixed(0)} % of a core. Figures will say little.`,
    );
  }
  const { progress: _, ...asked } = options;
  const where = machine();
  const findings: Findings[] = [];
  const skipped: string[] = [];
  const soFar = (): Run => ({
    at,
    machine: where,
    disturbancePercent: percent,
    options: asked,
    skipped,
    measures: findings.flatMap(({ measures }) => measures),
    wanted: findings.flatMap(({ wanted }) => wanted),
  });
  for (const name of names) {
    try {
      findings.push(await parts[name]!(options));
    } catch (error) {
      // What the other parts found is worth keeping.
      const { message } = error as Error;
      skipped.push(`${name}: ${message.split('\n', 1)[0]}`);
      options.progress(`skipped ${name}: ${message}`);
    }
    keep(soFar());
  }
  return soFar();
}

function print(run: Run): void {
  console.log(
    `Median (min–max) of ${String(run.options.rounds)} rounds; ratios are taken within each round.`,
  );
  for (const part of Object.keys(parts)) {
    const measures = run.measures.filter((measure) => measure.part === part);
    for (const { title, table } of tablesOf(measures)) console.log(`\n${part}: ${title}\n${aligned(table)}`);
  }
  if (run.wanted.length > 0) console.log(`\n${aligned(wantedTable(run.wanted))}`);
  for (const reason of run.skipped) console.log(`\nNot measured: ${reason}`);
}

function printComparison(run: Run, earlier: Run): void {
  const { slower, faster } = compared(run, earlier);
  console.log(`\nAgainst ${earlier.at} (${earlier.machine.commit}), beyond the spread of both:`);
  for (const line of slower) console.log(`  slower: ${line}`);
  for (const line of faster) console.log(`  faster: ${line}`);
  if (slower.length + faster.length === 0) console.log('  nothing');
  if (slower.length > 0) process.exitCode = 1;
}

function read(file: string): Run {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Run;
  } catch (error) {
    throw new Error(`Cannot read the run in ${file}: ${(error as Error).message}`);
  }
}
