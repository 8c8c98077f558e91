/**
 * `npm run bench`: measures the build in dist/ part by part, prints tables with what is wanted, and writes every
 * value to a JSON file. What each part measures and how to read it: bench/README.md.
 * Usage: npm run bench -- [PART...] [--quick] [--rounds 5] [--seconds 1.5] [--json FILE] [--compare FILE]
 *   one-way: [--roles client,server] [--paths 1,2,3,5,8] [--lengths 100,1400]
 *   tunnel:  [--contestants bare,ceiling,linux,portable]    memory: [--minutes 10]
 *   npm run bench -- --page FILE    fills docs/performance.md from a run's file and measures nothing
 * Exits 1 when --compare finds something slower.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { compared } from './compare.ts';
import type { Role } from './contestants.ts';
import { beAlone, disturbance, machine } from './machine.ts';
import type { Findings } from './measures.ts';
import type { Options } from './options.ts';
import { fillPage, type Run } from './page.ts';
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

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    roles: { type: 'string', default: 'client,server' },
    paths: { type: 'string' },
    lengths: { type: 'string' },
    contestants: { type: 'string', default: 'bare,ceiling,linux,portable' },
    minutes: { type: 'string' },
    json: { type: 'string' },
    compare: { type: 'string' },
    page: { type: 'string' },
  },
});

if (values.page !== undefined) {
  fillPage(read(values.page));
} else {
  const run = await measure(optionsOf(), positionals.length > 0 ? positionals : Object.keys(parts));
  print(run);
  const file = values.json ?? `.cache/bench/${run.at.replaceAll(':', '-').slice(0, 19)}.json`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(run, null, 1)}\n`);
  console.log(`\nEvery value: ${file}`);
  if (values.compare !== undefined) printComparison(run, read(values.compare));
}

function optionsOf(): Options {
  const { quick, roles, contestants } = values;
  const numbers = (text: string) => text.split(',').map(Number);
  return {
    isQuick: quick,
    rounds: Number(values.rounds ?? (quick ? 2 : 5)),
    seconds: Number(values.seconds ?? (quick ? 0.5 : 1.5)),
    roles: roles.split(',') as Role[],
    paths: numbers(values.paths ?? (quick ? '3' : '1,2,3,5,8')),
    lengths: numbers(values.lengths ?? (quick ? '1400' : '100,1400')),
    contestants: contestants.split(','),
    minutes: Number(values.minutes ?? (quick ? 0.5 : 10)),
    progress: (text) => process.stderr.write(`${text}\n`),
  };
}

async function measure(options: Options, names: readonly string[]): Promise<Run> {
  const unknown = names.find((name) => !Object.hasOwn(parts, name));
  if (unknown !== undefined) {
    throw new Error(`Cannot measure "${unknown}": there are ${Object.keys(parts).join(', ')}`);
  }
  await beAlone();
  const at = new Date().toISOString();
  const { percent, isTooMuch } = await disturbance();
  if (isTooMuch) {
    options.progress(
      `The machine is not quiet: others use ${percent.toFixed(0)} % of a core. Figures will say little.`,
    );
  }
  const findings: Findings[] = [];
  const skipped: string[] = [];
  for (const name of names) {
    try {
      findings.push(await parts[name]!(options));
    } catch (error) {
      // What the other parts found is worth keeping.
      const { message } = error as Error;
      skipped.push(`${name}: ${message.split('\n', 1)[0]}`);
      options.progress(`skipped ${name}: ${message}`);
    }
  }
  const { progress: _, ...asked } = options;
  return {
    at,
    machine: machine(),
    disturbancePercent: percent,
    options: asked,
    skipped,
    measures: findings.flatMap(({ measures }) => measures),
    wanted: findings.flatMap(({ wanted }) => wanted),
  };
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
