/** `rengarde check`: everything that is wrong with an engarde.yml, or what it says in a line. */
import {
  type Checked,
  type ClientConfig,
  ConfigError,
  configSchema,
  formatHostPort,
  formatProblem,
  loadChecked,
  type Problem,
  type ServerConfig,
} from '../config/index.ts';

export interface CheckOptions {
  /** One JSON value instead of lines. */
  readonly json?: true;
  /** The JSON Schema of the file instead of a check. */
  readonly schema?: true;
}

/** Returns the exit status: 0 in order, perhaps with warnings; 1 errors; 2 the file cannot be read. */
export async function checkCommand(file: string, options: CheckOptions): Promise<number> {
  if (options.schema) {
    process.stdout.write(toJson(configSchema()));
    return 0;
  }
  try {
    const checked = await loadChecked(file, 'rengarde check');
    process.stdout.write(options.json ? jsonOf(checked) : textOf(checked, process.stdout.isTTY));
    return checked.isOk ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { problems } = error;
    if (options.json) process.stdout.write(jsonOf({ file, isOk: false, problems }));
    else process.stderr.write(`rengarde: ${error.message}\n`);
    return 2;
  }
}

/** For scripts: lines of problems only, so that no output means that all is well. */
function textOf({ file, isOk, problems, client, server }: Checked, isTerminal: boolean): string {
  const lines = problems.map(formatProblem);
  if (isTerminal) {
    const sections = [client, server].flatMap((config) => (config === undefined ? [] : describe(config)));
    lines.push(isOk ? `${file} is in order: ${sections.join(', ')}` : `${file}: ${tally(problems)}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function describe({ role, listenAddr, dstAddr, webManager }: ClientConfig | ServerConfig): string {
  const relay = `${formatHostPort(listenAddr)} to ${formatHostPort(dstAddr)}`;
  const web = webManager ? `web interface on ${formatHostPort(webManager.listenAddr)}` : 'no web interface';
  return `${role} (${relay}, ${web})`;
}

function tally(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const warnings = problems.length - errors;
  return warnings === 0 ? count(errors, 'error') : `${count(errors, 'error')}, ${count(warnings, 'warning')}`;
}

function jsonOf({ file, isOk, problems }: Pick<Checked, 'file' | 'isOk' | 'problems'>): string {
  const told = problems.map(({ severity, line, column, key, message }) => ({
    severity,
    line,
    column,
    key,
    message,
  }));
  return toJson({ file, ok: isOk, problems: told });
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
