/*
 * What excluding and including links means for an engarde.yml: which entries its lists gain and lose, or which
 * paths are marked. Pure, from text to text; reading and writing the file is edit.ts's business.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ClientConfig } from './config.ts';
import { EditError } from './edit-error.ts';
import { compileGlobs, escapeGlob } from './globs.ts';
import { parseClientConfig, parseServerConfig } from './parse.ts';
import { ConfigError, quote } from './problem.ts';
import { addEntry, type ListKey, listEntries, removeEntry, setPathExcluded } from './yaml-edits.ts';

/** By name of an interface or, where the file has `paths`, of a path. */
export type Exclusions = ReadonlyMap<string, 'exclude' | 'include'>;

/** The lists of a client that say which interfaces it uses. */
type Lists = Pick<ClientConfig, ListKey>;

const KEYS = ['excludedInterfaces', 'includedInterfaces'] as const;

/**
 * The text with the changes; the same text when it says so already.
 * @param file only names it in messages
 * @param isLeftOutByDefault whether an interface is of a kind that is not used unless the file names it
 * @throws {EditError} when the text has errors, or the change cannot be made without changing more
 */
export function withExclusions(
  text: string,
  file: string,
  changes: Exclusions,
  isLeftOutByDefault: (name: string) => boolean,
): string {
  const bare = text.replace(/^\ufeff/, ''); // a byte order mark stays where it is, and out of the way
  const fail = failure(file);
  const before = parse(bare, file, 'invalid-file', 'it has errors');
  const wanted =
    before.paths.length > 0
      ? { ...before, paths: wantedPaths(before, changes, fail) }
      : { ...before, ...wantedLists(before, bare, changes, isLeftOutByDefault, fail) };
  const edited = edit(bare, before, wanted, fail);
  const after = parse(edited, file, 'contradiction', 'it would have errors then');
  const isAsWanted =
    isDeepStrictEqual(after, wanted) && isDeepStrictEqual(serverOf(edited, file), serverOf(bare, file));
  if (!isAsWanted) throw fail('unsupported-notation', byHand(wanted));
  return text.slice(0, text.length - bare.length) + edited;
}

type Fail = (code: EditError['code'], why: string, cause?: unknown) => EditError;

function failure(file: string): Fail {
  return (code, why, cause) =>
    new EditError(code, `Cannot keep the exclusions in ${file}: ${why}`, { cause });
}

function parse(text: string, file: string, code: EditError['code'], why: string): ClientConfig {
  try {
    return parseClientConfig(text, file).config;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw failure(file)(code, `${why}:\n${cause.message}`, cause);
  }
}

/** Anchors may tie the server's section, which a client knows nothing of, to the client's. */
function serverOf(text: string, file: string): unknown {
  try {
    return parseServerConfig(text, file).config;
  } catch {
    return undefined; // no section, or one in need of mending before and after alike: not the client's concern
  }
}

function wantedPaths({ paths }: ClientConfig, changes: Exclusions, fail: Fail): ClientConfig['paths'] {
  for (const name of changes.keys()) {
    if (paths.some((path) => path.name === name)) continue;
    const found = paths.map((path) => quote(path.name)).join(', ');
    throw fail('unknown-path', `found no path ${quote(name)} in client.paths, want one of ${found}`);
  }
  return paths.map((path) => {
    const change = changes.get(path.name);
    return change === undefined ? path : { ...path, isExcluded: change === 'exclude' };
  });
}

function wantedLists(
  before: Lists,
  text: string,
  changes: Exclusions,
  isLeftOutByDefault: (name: string) => boolean,
  fail: Fail,
): Lists {
  const entryAt = (key: ListKey, entry: string) => {
    const line = listEntries(text, key).find((one) => one.text === entry)?.line;
    return `${quote(entry)} in client.${key} on line ${line}`;
  };
  const names = (change: 'exclude' | 'include') => [...changes].filter(([, to]) => to === change);
  let { excludedInterfaces: excluded, includedInterfaces: included } = before;

  for (const [name] of names('include')) {
    excluded = excluded.filter((entry) => !isExactly(entry, name));
    const pattern = excluded.find((one) => compileGlobs([one])(name));
    if (pattern !== undefined) {
      const wanted = `want a pattern that leaves ${quote(name)} alone, or the names themselves`;
      throw fail(
        'excluded-by-pattern',
        `found ${entryAt('excludedInterfaces', pattern)}, which excludes ${quote(name)} too; ${wanted}`,
      );
    }
    if (compileGlobs(included.map(withoutPlus))(name)) continue;
    if (included.some(isPlain)) included = [...included, escapeGlob(name).replace(/^\+/, '[+]')];
    else if (isLeftOutByDefault(name)) included = [...included, `+${escapeGlob(name)}`];
  }
  for (const [name] of names('exclude')) {
    const others = included.filter((entry) => !isExactly(withoutPlus(entry), name));
    if (included.some(isPlain) && !others.some(isPlain)) {
      const only = included.find((entry) => isPlain(entry) && isExactly(entry, name))!;
      const wanted =
        'without it every other interface would be used; want another entry there, or none and the others excluded';
      throw fail('last-included', `found only ${entryAt('includedInterfaces', only)}; ${wanted}`);
    }
    included = others;
    if (!compileGlobs(excluded)(name)) excluded = [...excluded, escapeGlob(name)];
  }
  return { excludedInterfaces: excluded, includedInterfaces: included };
}

function edit(text: string, before: ClientConfig, wanted: ClientConfig, fail: Fail): string {
  try {
    return withEdits(text, before, wanted);
  } catch (cause) {
    throw fail('unsupported-notation', byHand(wanted), cause); // something did not stand where it usually does
  }
}

function withEdits(text: string, before: ClientConfig, wanted: ClientConfig): string {
  let edited = text;
  for (const key of KEYS) {
    const gone = before[key].filter((entry) => !wanted[key].includes(entry));
    const come = wanted[key].filter((entry) => !before[key].includes(entry));
    edited = come.reduce((rest, entry) => addEntry(rest, key, entry), edited);
    edited = gone.reduce((rest, entry) => removeEntry(rest, key, entry), edited);
  }
  wanted.paths.forEach(({ name, isExcluded }, index) => {
    if (isExcluded !== before.paths[index]!.isExcluded) edited = setPathExcluded(edited, name, isExcluded);
  });
  return edited;
}

function byHand(wanted: ClientConfig): string {
  const lists = KEYS.map((key) => `${key}: ${JSON.stringify(wanted[key])}`);
  const paths = wanted.paths.map(({ name, isExcluded }) => `${quote(name)} with excluded: ${isExcluded}`);
  const what = paths.length > 0 ? `paths ${paths.join(', ')}` : lists.join(' and ');
  return `found a notation that cannot be edited without changing more; write it by hand: ${what}`;
}

/** Whether an entry means this one name, as people or as escapeGlob() write it. */
function isExactly(entry: string, name: string): boolean {
  return entry === name || entry === escapeGlob(name);
}

function isPlain(entry: string): boolean {
  return !entry.startsWith('+');
}

function withoutPlus(entry: string): string {
  return entry.replace(/^\+/, '');
}
