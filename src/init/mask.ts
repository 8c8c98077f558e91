/** Keeps keys off the screen, where shoulders, scroll-back and screen recordings get at them. */

const SECRET = /((?:private|preshared)key[ \t]*=[ \t]*)([^\s#]+)/gi;

/** The text without its private and preshared keys, those in comments too. */
export function maskSecrets(text: string): string {
  return text.replace(SECRET, '$1(hidden)');
}
