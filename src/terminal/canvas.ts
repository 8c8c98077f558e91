/** What the terminal can show: its size, colours, characters beyond ASCII. */

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly hasColour: boolean;
  /** Else ASCII only. */
  readonly hasUnicode: boolean;
}

/** Of a stream that may be no terminal: 80 columns without colours then. NO_COLOR: see no-color.org. */
export function canvasOf(
  output: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>,
  environment: NodeJS.ProcessEnv,
): Canvas {
  const { NO_COLOR = '', TERM, LC_ALL, LC_CTYPE, LANG } = environment;
  return {
    // Some pseudo-terminals don't know their size and say 0.
    columns: output.columns || 80,
    rows: output.rows || 24,
    hasColour: output.isTTY === true && NO_COLOR === '' && TERM !== 'dumb',
    hasUnicode: /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ''),
  };
}
