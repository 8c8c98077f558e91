/*
 * What is wrong with a configuration file, and where: one line of text per problem. Also how a piece
 * of the file is quoted in such a line, so that no file can forge a second line or a terminal command.
 */

/** A fault or an oddity in the file. Line and column count from 1; line 0 means the file as a whole. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted, such as `client.dstOverrides[0].dstAddr`; empty when no key is concerned. */
  readonly key: string;
  /** What was found and what is wanted. Never holds a password. */
  readonly message: string;
}

/** One line in the form compilers use, which editors can jump to: `file:line:column: error: key: message`. */
export function formatProblem(p: Problem): string {
  const place = p.line === 0 ? p.file : `${p.file}:${p.line}:${p.column}`;
  const key = p.key === '' ? '' : `${p.key}: `;
  return `${place}: ${p.severity}: ${key}${p.message}`;
}

/** The file cannot be used. `problems` holds all that was found, warnings too, in the file's order. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const MAX_QUOTED_CHARS = 60;

/** The text in double quotes, on one line, printable, cut to a length that leaves the line readable. */
export function quote(text: string): string {
  const short = text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
  return JSON.stringify(short).replace(/[\p{C}\u2028\u2029]/gu, escapeChar);
}

function escapeChar(char: string): string {
  return `\\u{${char.codePointAt(0)!.toString(16)}}`;
}
