/** What a running program says of its links when asked by SIGUSR2: the `quality` of its log lines. */
import type { SessionReport } from '../../src/daemon/quality-report.ts';
import type { Program } from './program.ts';

/** The report of the busiest session. */
export async function askQuality(program: Program): Promise<SessionReport> {
  const reports: SessionReport[] = [];
  program.onLine((line) => {
    const { quality } = JSON.parse(line) as { quality?: SessionReport };
    if (quality !== undefined) reports.push(quality);
  });
  process.kill(program.pid!, 'SIGUSR2');
  await program.waitFor('report of the links', () => reports.length > 0);
  return reports[0]!;
}
