/** `rengarde doctor`: one line for each finding, with what to do; the worst is at the end, where one looks first. */
import { type Diagnosis, diagnose, type Finding, type Role } from '../doctor/index.ts';

export interface DoctorOptions {
  readonly role?: Role;
  readonly json?: boolean;
}

const LEVELS = ['problem', 'warning', 'note'] as const;
const ORDER = [...LEVELS, 'ok'] as const;

/** Returns the exit status: 0 fine, 1 warnings, 2 problems. */
export async function doctorCommand(file: string, { role, json }: DoctorOptions): Promise<number> {
  const diagnosis = await diagnose(file, role);
  process.stdout.write(json === true ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : asText(diagnosis));
  return diagnosis.status;
}

function asText({ role, file, findings }: Diagnosis): string {
  const title = role === undefined ? file : `rengarde-${role} with ${file}`;
  const width = Math.max(...findings.map(({ code }) => code.length));
  const lines = findings
    .toSorted((one, other) => ORDER.indexOf(other.level) - ORDER.indexOf(one.level))
    .map((finding) => line(finding, width));
  return [title, ...lines, summary(findings), ''].join('\n');
}

function line({ code, level, about, message, remedy }: Finding, codeWidth: number): string {
  const where = about === undefined ? '' : `${about}: `;
  const todo = remedy === undefined ? '' : ` -> ${remedy}`;
  // What was read from files and programs may hold anything: no second line, no command to the terminal.
  return `${level.padEnd(7)}  ${code.padEnd(codeWidth)} ${where}${message}${todo}`.replace(/\p{C}/gu, '?');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const counts = LEVELS.filter((level) => count(level) > 0).map(
    (level) => `${count(level)} ${level}${count(level) === 1 ? '' : 's'}`,
  );
  if (count('problem') + count('warning') > 0) return counts.join(', ');
  return counts.length === 0 ? 'Everything is in order' : `Everything is in order (${counts.join(', ')})`;
}
