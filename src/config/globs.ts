/*
 * Interface names and globs (`*`, `?`, `[]`). Names may hold spaces, brackets, slashes and parentheses, as
 * Windows gives them, so a pattern always matches the name spelled exactly like it too, and nothing but these
 * three means anything. The time that matching takes grows with name times pattern, whatever they are.
 */

/** Whether a character is one that stands here; ANY stands for as many characters as there are. */
type Step = ((char: string) => boolean) | typeof ANY;
const ANY = 'any';

/** A class: "!" or "^" for its opposite, then at least one character, of which "]" may be the first. */
const CLASS = /^\[([!^]?)(\]?[^\]]*)\]/su;

/** A function that tells whether a name matches any of the patterns; none match an empty list. */
export function compileGlobs(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns);
  const globs = patterns.filter((pattern) => /[*?[]/.test(pattern)).map(stepsOf);
  return (name) => exact.has(name) || globs.some((steps) => matches(steps, [...name]));
}

/** The pattern that matches this name and no other. */
export function escapeGlob(name: string): string {
  return name.replace(/[*?[]/g, '[$&]');
}

function stepsOf(pattern: string): Step[] {
  const steps: Step[] = [];
  for (let rest = pattern; rest !== ''; ) {
    const [whole, not, members] = CLASS.exec(rest) ?? [];
    const char = String.fromCodePoint(rest.codePointAt(0)!);
    if (whole !== undefined && members !== undefined && members !== '') {
      const isMember = memberOf(members);
      steps.push(not === '' ? isMember : (one) => !isMember(one));
    } else if (char === '*') steps.push(ANY);
    else steps.push(char === '?' ? () => true : (one) => one === char);
    rest = rest.slice((whole !== undefined && members !== '' ? whole : char).length);
  }
  return steps;
}

/** Characters, and ranges of them such as "0-9". */
function memberOf(members: string): (char: string) => boolean {
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)].map(
    ([, from, to, one]) => [from ?? one!, to ?? one!] as const,
  );
  return (char) => ranges.some(([from, to]) => codeOf(from) <= codeOf(char) && codeOf(char) <= codeOf(to));
}

function codeOf(char: string): number {
  return char.codePointAt(0)!;
}

/** Takes as little as it can for each ANY; only the last one met is ever given more. */
function matches(steps: readonly Step[], chars: readonly string[]): boolean {
  let step = 0;
  let char = 0;
  let afterAny = -1;
  let takenByAny = 0;
  while (char < chars.length) {
    const wanted = steps[step];
    if (wanted === ANY) {
      afterAny = ++step;
      takenByAny = char;
    } else if (wanted?.(chars[char]!) === true) {
      step++;
      char++;
    } else if (afterAny >= 0) {
      step = afterAny;
      char = ++takenByAny;
    } else return false;
  }
  return steps.slice(step).every((rest) => rest === ANY);
}
