/**
 * Client and server under a steady load both ways, for minutes: resident memory and how it grows, and what garbage
 * collection does to the packet loop's thread. Three paths, everything on loopback. The Linux engine alone: the
 * portable one does not carry this load, and the ceiling has neither.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collectionsOf } from '../collections.ts';
import { program } from '../dist.mjs';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';
import { type NodeProgram, residentMiB, start, startNode } from '../process.mjs';

const LISTEN = 27_501;
const SERVER = 27_502;
const WIREGUARD = 27_503;
const PATHS = ['a', 'b', 'c'];
const LENGTH_BYTES = 1400;
const PACKETS_PER_SECOND = 20_000;
const SAMPLE_MS = 5_000;
/** Before that, code still gets compiled and the heaps find their size. A third of a shorter run. */
const SETTLED_AFTER_S = 60;

const WANTED_MIB = 120;
/** Less is what a saw of garbage looks like over ten minutes. */
const WANTED_SLOPE = 0.2;

interface Sample {
  readonly atS: number;
  readonly mib: number;
}

export async function measureMemory(options: Options): Promise<Findings> {
  const notebook = new Notebook('memory');
  const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
  const seconds = options.minutes * 60;
  const settledS = Math.min(SETTLED_AFTER_S, seconds / 3);
  const file = configuration(folder);
  const echo = startNode('bench/echo.mjs', [WIREGUARD]);
  await echo.line('ready');
  const server = startTraced('rengarde-server', file);
  await server.line('serving');
  const client = startTraced('rengarde-client', file);
  for (const name of PATHS) await client.line(`path ${name} is open`);

  const sides = { client, server };
  const samples: Record<string, Sample[]> = { client: [], server: [] };
  const counted: Record<string, number> = {};
  const startMs = performance.now();
  const load = startNode('bench/load.mjs', [LISTEN, LENGTH_BYTES, PACKETS_PER_SECOND, seconds]);
  for (let atS = 0; atS <= seconds; atS += SAMPLE_MS / 1000) {
    await sleep(startMs + atS * 1000 - performance.now());
    for (const [side, { pid, lines }] of Object.entries(sides)) {
      samples[side]!.push({ atS, mib: residentMiB(pid) });
      if (atS >= settledS) counted[side] ??= lines.length;
    }
    if (atS % 60 === 0) options.progress(`memory: ${atS} of ${seconds} s`);
  }
  const { sent } = JSON.parse(await load.line('sent')) as { sent: number };
  const minutes = (seconds - settledS) / 60;
  for (const [side, { lines }] of Object.entries(sides)) {
    note(notebook, side, samples[side]!, settledS);
    const { count, longestMs } = collectionsOf(lines, counted[side]!);
    notebook.note(side, 'linux', {
      'collections a minute in the packet loop': [count / minutes, 'less'],
      'longest of them, ms': [longestMs, 'less'],
    });
  }
  const { echoed } = JSON.parse(await echo.line('echoed')) as { echoed: number };
  notebook.note('both', 'linux', { 'lost there and back, %': [100 * (1 - echoed / sent), 'less'] });
  await client.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
  state(notebook);
  return notebook.findings;
}

function startTraced(name: string, file: string): NodeProgram {
  const mark = new URL('../gc-mark.mjs', import.meta.url).href;
  const environment = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${mark}` };
  const script = fileURLToPath(new URL(`../../${program(name)}`, import.meta.url));
  return start(process.execPath, ['--trace-gc', script, file], environment);
}

function note(notebook: Notebook, side: string, samples: readonly Sample[], settledS: number): void {
  const settled = samples.filter(({ atS }) => atS >= settledS);
  notebook.note(side, 'linux', {
    'resident at the start, MiB': [samples[0]!.mib, 'neither'],
    'resident, highest, MiB': [Math.max(...samples.map(({ mib }) => mib)), 'less'],
    'growth, MiB/min': [60 * slopeOf(settled), 'neither'],
  });
}

/** MiB per second, by least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [meanS, meanMiB] = [mean(({ atS }) => atS), mean(({ mib }) => mib)];
  const covariance = mean(({ atS, mib }) => (atS - meanS) * (mib - meanMiB));
  return covariance / mean(({ atS }) => (atS - meanS) ** 2);
}

function state(notebook: Notebook): void {
  for (const side of ['client', 'server']) {
    const values = (figure: string) => notebook.values(side, figure, 'linux');
    const want = (figure: string, atMost: number) =>
      notebook.want(`${side}, ${PACKETS_PER_SECOND}/s each way: ${figure}`, values(figure), { atMost });
    want('resident, highest, MiB', WANTED_MIB);
    want('growth, MiB/min', WANTED_SLOPE);
    want('collections a minute in the packet loop', 1);
    want('longest of them, ms', 1);
  }
}

function configuration(folder: string): string {
  const file = `${folder}/engarde.yml`;
  const paths = PATHS.map((name) => `    - { name: ${name}, dstAddr: "127.0.0.1:${SERVER}" }\n`).join('');
  writeFileSync(
    file,
    `client:\n  listenAddr: 127.0.0.1:${LISTEN}\n  dstAddr: 127.0.0.1:${SERVER}\n  paths:\n${paths}` +
      `server:\n  listenAddr: 127.0.0.1:${SERVER}\n  dstAddr: 127.0.0.1:${WIREGUARD}\n`,
  );
  return file;
}
