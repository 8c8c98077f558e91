/*
 * Interface names and globs (`*`, `?`, `[]`). Names may hold spaces, brackets and parentheses, as
 * Windows gives them, so a pattern always matches the name spelled exactly like it too.
 */
import picomatch from 'picomatch';

const GLOB = /[*?[]/;

/** A function that tells whether a name matches any of the patterns; none match an empty list. */
export function compileGlobs(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns);
  const globs = patterns.filter((pattern) => GLOB.test(pattern)).map(compile);
  return (name) => exact.has(name) || globs.some((matches) => matches(name));
}

/** The pattern that matches this name and no other. */
export function escapeGlob(name: string): string {
  return GLOB.test(name) ? name.replace(/[*?[\\]/g, '[$&]') : name;
}

function compile(pattern: string): (name: string) => boolean {
  // Escaped: everything else that means something to picomatch or to a regular expression.
  const glob = pattern
    .replace(/[\\(){}+@|$]|(?<!\[)[!^]/g, '\\$&')
    .replaceAll('[!', '[^')
    .replace(/\*+/g, '*');
  return picomatch(glob, { dot: true, windows: false });
}
