/*
 * Changes to a text by offset and line. Whatever they do not name stays byte for byte, line breaks too.
 */

/** A stretch of a text, by offsets. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The text with a piece put in. */
export function insert(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at);
}

/** The text with a piece in place of what stands there. */
export function replace(text: string, { start, end }: Range, piece: string): string {
  return text.slice(0, start) + piece + text.slice(end);
}

/** The text without the lines, from the first to the last, on which something stands. */
export function removeLines(text: string, { start, end }: Range): string {
  const last = end > start && text[end - 1] === '\n' ? end - 1 : end;
  const next = text.indexOf('\n', last);
  return replace(text, { start: lineStart(text, start), end: next === -1 ? text.length : next + 1 }, '');
}

/** The text without the line, if nothing stands on it. */
export function removeBlankLine(text: string, offset: number): string {
  const isBlank = text.slice(lineStart(text, offset), lineEnd(text, offset)).trim() === '';
  return isBlank ? removeLines(text, { start: offset, end: offset }) : text;
}

/** Where the line of an offset begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the line ends on which something ends; of a multi-line text that is behind its last line break. */
export function lineEndBehind(text: string, end: number): number {
  return lineEnd(text, text[end - 1] === '\n' ? end - 1 : end);
}

/** Where the line of an offset ends, its line break left out. */
export function lineEnd(text: string, offset: number): number {
  const next = text.indexOf('\n', offset);
  if (next === -1) return text.length;
  return text[next - 1] === '\r' ? next - 1 : next;
}

/** How the lines of the text end. */
export function lineBreak(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
