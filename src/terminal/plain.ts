/** What comes from elsewhere may hold anything, commands to the terminal too. */

/** The text on one line, without anything that a terminal would take for a command. */
export function plain(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]+/gu, ' ').trim();
}
