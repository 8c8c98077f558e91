/**
 * What a server pays for many clients at one total rate, by sessions.mjs, whose programs are plain JavaScript; here
 * only its figures. A session's own packets come one by one, the worst order for offload.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';
import { median, startNode } from '../process.mjs';

const COUNTS = [1, 10, 100, 1000];
const QUICK_COUNTS = [1, 100];
const CPU = 'CPU, µs/packet';
const MEMORY = 'resident, MiB';
const WANTED_RATIO = 1.3;
const WANTED_KIB = 64;

/** A line of its file. */
interface Row {
  readonly engine: string;
  readonly sessions: number;
  readonly cpuUs: number;
  readonly loopUs: number;
  readonly resident: number;
  readonly lostPercent: number;
}

export async function measureSessions(options: Options): Promise<Findings> {
  const counts = options.isQuick ? QUICK_COUNTS : COUNTS;
  const notebook = new Notebook('sessions');
  for (const row of await rowsFor(options, counts)) {
    notebook.note(whatOf(row.sessions), row.engine, {
      [CPU]: [row.cpuUs, 'less'],
      'of it the packet loop, µs/packet': [row.loopUs, 'neither'],
      [MEMORY]: [row.resident, 'less'],
      'loss, %': [row.lostPercent, 'neither'],
    });
  }
  const [fewest, most] = [counts[0]!, counts.at(-1)!];
  const one = notebook.values(whatOf(fewest), CPU, 'linux');
  const many = notebook.values(whatOf(most), CPU, 'linux');
  const ratios = many.map((value, round) => value / one[round]!);
  notebook.want(`${CPU}, ${most} sessions / ${fewest}`, ratios, { atMost: WANTED_RATIO });
  const resident = (count: number) => median(notebook.values(whatOf(count), MEMORY, 'linux'));
  const perSession = ((resident(most) - resident(fewest)) * 1024) / (most - fewest);
  notebook.want('resident per session, KiB', [perSession], { atMost: WANTED_KIB });
  return notebook.findings;
}

async function rowsFor(options: Options, counts: readonly number[]): Promise<Row[]> {
  const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
  const file = `${folder}/sessions.json`;
  const shape = ['--only', 'cost', '--engines', 'linux,portable', '--sessions', counts.at(-1)!];
  const program = startNode('bench/sessions.mjs', [
    ...shape,
    ...['--counts', counts.join(), '--rounds', options.rounds, '--seconds', options.seconds, '--json', file],
  ]);
  try {
    await program.ended;
    return JSON.parse(readFileSync(file, 'utf8')) as Row[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function whatOf(sessions: number): string {
  return `server, ${sessions} session${sessions === 1 ? '' : 's'}`;
}
