/*
 * YAML text to a document whose nodes know their place, and faults of YAML itself in our own words:
 * the library's messages quote the text around a fault, which may be a password.
 */
import { type Document, type ErrorCode, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Problem } from './problem.ts';

/** A parsed file. Only when `problems` holds no error is `document` worth reading. */
export interface YamlFile {
  readonly document: Document;
  readonly problems: readonly Problem[];
  /** Line and column, from 1, of an offset into the text. */
  readonly locate: (offset: number) => { readonly line: number; readonly column: number };
}

const TEXTS: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'found an anchor or a tag on an alias, want the alias ("*name") alone',
  BAD_DIRECTIVE: 'found a directive ("%…") that YAML does not know, want it removed',
  BAD_DQ_ESCAPE: String.raw`found an escape ("\…") that YAML does not know, want "\\" for a backslash or 'single quotes'`,
  BAD_INDENT: 'found wrong indentation or an unclosed bracket, want all keys of one level in the same column',
  BAD_SCALAR_START: "found a character that may not begin a text, want the text in 'single quotes'",
  BLOCK_AS_IMPLICIT_KEY: `found a second ": " on the line, want one key per line; a text with ": " in 'single quotes'`,
  KEY_OVER_1024_CHARS: 'found a key of more than 1,024 characters, want a shorter one',
  MISSING_CHAR: 'found no end of a quoted text or list, or no space after ":", want it added',
  MULTILINE_IMPLICIT_KEY: 'found a line without ": ", want "key: value"',
  MULTIPLE_DOCS: 'found a second document after "---", want one document per file',
  RESOURCE_EXHAUSTION: 'found lists or mappings nested too deeply to read, want at most a few levels',
  TAB_AS_INDENT: 'found a tab, want spaces for indentation',
  TAG_RESOLVE_FAILED:
    'found a tag ("!…") that is not known; a text that begins with "!" goes in \'single quotes\'',
  UNEXPECTED_TOKEN:
    'found text that does not belong here, want "key: value" lines, or "- item" lines for a list',
};

/** Parses the text; `file` only names it in problems. Duplicate keys are left to the reader. */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    keepSourceTokens: true, // yaml-edits.ts asks where each bracket, comma and dash stands
    schema: 'core',
  });
  const locate = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const toProblem = (severity: Problem['severity']) => (fault: YAMLError) => ({
    severity,
    file,
    ...locate(fault.pos[0]),
    key: '',
    message: `not valid YAML: ${TEXTS[fault.code] ?? 'found something that cannot stand here, want "key: value" lines'}`,
  });
  const problems = [
    ...document.errors.map(toProblem('error')).filter(isFirstOfItsLine),
    ...document.warnings.map(toProblem('warning')),
  ];
  return { document, problems, locate };
}

/** One fault makes the parser stumble several times over the same line; the first tells. */
function isFirstOfItsLine(problem: Problem, index: number, all: readonly Problem[]): boolean {
  return all.findIndex((other) => other.line === problem.line) === index;
}
