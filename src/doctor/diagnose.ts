/** From a file to findings: chooses the role, gathers the facts, judges them. */
import { type Checked, ConfigError, loadChecked, type Problem } from '../config/index.ts';
import type { Role } from './facts.ts';
import { type Finding, found, statusOf } from './finding.ts';
import { findRunningRoles, gatherClient, gatherServer } from './gather.ts';
import { judge } from './judge.ts';

export interface Diagnosis {
  /** Absent when the file does not tell. */
  readonly role?: Role;
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly status: 0 | 1 | 2;
}

const ROLES = ['client', 'server'] as const;

/** @param wanted absent: the file's only section, else whichever program runs here */
export async function diagnose(file: string, wanted?: Role): Promise<Diagnosis> {
  let checked: Checked;
  try {
    checked = await loadChecked(file, 'rengarde doctor');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return conclude(
      file,
      undefined,
      error.problems.map((problem) => invalid(file, problem)),
    );
  }
  const role = wanted ?? (await chooseRole(checked));
  if (role === undefined) return conclude(file, undefined, [undecided(checked)]);
  return conclude(file, role, await examine(checked, role));
}

async function examine({ file, problems, client, server }: Checked, role: Role): Promise<Finding[]> {
  const other = role === 'client' ? 'server' : 'client';
  const concerned = problems.filter(({ key }) => key !== other && !key.startsWith(`${other}.`));
  const facts = { name: file, warnings: concerned };
  if (role === 'client' && client !== undefined) return judge(await gatherClient(client, server, facts));
  if (role === 'server' && server !== undefined) return judge(await gatherServer(server, facts));
  const errors = concerned.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return errors.map((problem) => invalid(file, problem));
  const message = `the file has no section "${role}:"`;
  return [
    found(
      'problem',
      'file-invalid',
      message,
      `add it (rengarde init writes one), or choose --role ${other}`,
      file,
    ),
  ];
}

/** undefined: both programs' sections are there, and not exactly one of the programs. */
async function chooseRole({ problems, client, server }: Checked): Promise<Role | undefined> {
  const sections = { ...(client && { client }), ...(server && { server }) };
  const written = ROLES.filter(
    (role) =>
      sections[role] !== undefined || problems.some(({ key }) => key === role || key.startsWith(`${role}.`)),
  );
  if (written.length === 1) return written[0];
  const running = await findRunningRoles(sections);
  return running.length === 1 ? running[0] : undefined;
}

function undecided({ file, problems, client, server }: Checked): Finding {
  const [first] = problems.filter(({ severity }) => severity === 'error');
  if (client === undefined && server === undefined && first !== undefined) return invalid(file, first);
  const message = 'the file has both sections, and not exactly one of the two programs runs here';
  return found(
    'problem',
    'role-unknown',
    message,
    'say which to look at: --role client or --role server',
    file,
  );
}

function invalid(file: string, { line, column, key, message }: Problem): Finding {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const text = key === '' ? message : `${key}: ${message}`;
  const remedy =
    line === 0 && key === ''
      ? 'name the right file: rengarde doctor FILE'
      : `correct it; "rengarde check ${file}" shows every mistake`;
  return found('problem', 'file-invalid', text, remedy, place);
}

function conclude(file: string, role: Role | undefined, findings: readonly Finding[]): Diagnosis {
  return { ...(role !== undefined && { role }), file, findings, status: statusOf(findings) };
}
