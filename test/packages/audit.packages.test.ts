/** Whether the registry knows of vulnerabilities in what is shipped. Not every registry can be asked, nor always. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const timeoutMs = 60_000;
const maxBuffer = 16 << 20;

interface Report {
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

test('what is shipped has no vulnerability that is known to be high or critical', async (context) => {
  const report = await audit();
  const { vulnerabilities } = report;
  if (vulnerabilities === undefined) {
    context.skip(
      `npm audit: the registry cannot tell (${report.message ?? report.error?.summary ?? 'no answer'})`,
    );
    return;
  }
  const grave = Object.entries(vulnerabilities).filter(([, { severity }]) =>
    /^(high|critical)$/.test(severity),
  );
  expect(grave.map(([name, { severity, range }]) => `${name} ${range}: ${severity}`)).toEqual([]);
});

/** Its exit status says the same as its report. */
function audit(): Promise<Report> {
  const args = ['audit', '--omit=dev', '--json', '--audit=true', '--fetch-retries=0'];
  return new Promise((done) => {
    execFile('npm', args, { cwd: root, timeout: timeoutMs, maxBuffer }, (_, stdout) => {
      try {
        done(JSON.parse(stdout) as Report);
      } catch {
        done({ message: 'no answer within a minute' });
      }
    });
  });
}
