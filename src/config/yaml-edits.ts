/*
 * Single changes to the text of an engarde.yml: an entry of a list in the client section, a key of one of its
 * paths. The yaml library says where everything stands and spells what is added; all other bytes stay as they
 * are. A notation that is too unusual gives a text that means something else, which the caller must notice.
 */
import {
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { scalarText } from './reader.ts';
import { parseYaml } from './syntax.ts';
import {
  insert,
  lineBreak,
  lineEnd,
  lineEndBehind,
  lineStart,
  type Range,
  removeBlankLine,
  removeLines,
  replace,
} from './text-edits.ts';

/** A key of the client section whose value is a list of texts. */
export type ListKey = 'excludedInterfaces' | 'includedInterfaces';

/** An entry of a list as written, and its line. */
export interface Entry {
  readonly text: string;
  readonly line: number;
}

/** The entries of a list, without empty ones. */
export function listEntries(text: string, key: ListKey): Entry[] {
  const yaml = parseYaml(text, '');
  const found = find(clientOf(yaml.document.contents), key)?.value;
  const list = isAlias(found) ? found.resolve(yaml.document) : found;
  if (!isSeq(list)) return [];
  return list.items.flatMap((item) => {
    const node = isAlias(item) ? item.resolve(yaml.document) : item;
    const text = isScalar(node) && node.value !== null ? scalarText(node) : '';
    return text === '' ? [] : [{ text, line: yaml.locate(rangeOf(item).start).line }];
  });
}

/** The text with an entry at the end of the list, which begins with it if there was none. */
export function addEntry(text: string, key: ListKey, entry: string): string {
  const client = clientOf(parseYaml(text, '').document.contents);
  const pair = find(client, key);
  if (pair === undefined) return addList(text, client, key, entry);
  const list = pair.value;
  if (isSeq(list)) return list.flow ? appendInFlow(text, list, entry) : appendInBlock(text, list, entry);
  if (isAlias(list)) {
    return replace(text, rangeOf(list), flowList([...listEntries(text, key).map((one) => one.text), entry]));
  }
  const { start, end } = rangeOf(list);
  if (start < end || client.flow) return replace(text, { start, end }, flowList([entry], text[start - 1]));
  const at = lineEnd(text, rangeOf(pair.key).end);
  return insert(text, at, blockEntry(text, client, entry));
}

/** The text without the entries of the list that read so. */
export function removeEntry(text: string, key: ListKey, entry: string): string {
  const { document } = parseYaml(text, '');
  const list = find(clientOf(document.contents), key)?.value;
  if (isAlias(list)) {
    const others = listEntries(text, key).filter((one) => one.text !== entry);
    return replace(text, rangeOf(list), flowList(others.map((one) => one.text)));
  }
  if (!isSeq(list)) return text;
  const index = list.items.findLastIndex((item) => {
    const node = isAlias(item) ? item.resolve(document) : item;
    return isScalar(node) && scalarText(node) === entry;
  });
  if (index === -1) return text;
  const range = rangeOf(list.items[index]);
  const rest = list.flow
    ? removeFromFlow(text, list, index, range)
    : removeLines(text, { start: dashBefore(list, index), end: range.end });
  return removeEntry(rest, key, entry);
}

/** The text with `excluded: true` in the path of that name, or without it. */
export function setPathExcluded(text: string, name: string, excluded: boolean): string {
  const { document } = parseYaml(text, '');
  const paths = find(clientOf(document.contents), 'paths')?.value;
  const path = isSeq(paths)
    ? paths.items.find((item) => {
        const written = isMap(item) ? find(item, 'name')?.value : undefined;
        return isScalar(written) && scalarText(written) === name;
      })
    : undefined;
  if (!isMap(path)) return text;
  const index = path.items.findIndex((pair) => keyOf(pair) === 'excluded');
  const pair = path.items[index];
  if (pair === undefined) return excluded ? addKey(text, path, 'excluded: true') : text;
  const value = rangeOf(pair.value);
  const whole = { start: rangeOf(pair.key).start, end: value.end };
  if (!excluded && path.flow) return removeFromFlow(text, path, index, whole);
  if (!excluded && index > 0) return removeLines(text, whole);
  return replace(text, value, `${isSpace(text[value.start - 1]) ? '' : ' '}${excluded}`);
}

function clientOf(root: unknown): YAMLMap {
  const client = isMap(root) ? find(root, 'client')?.value : undefined;
  if (!isMap(client)) throw new TypeError('Cannot edit the text: the client section is no mapping');
  return client;
}

function find(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => keyOf(pair) === key);
}

function keyOf({ key }: Pair): string | undefined {
  return isScalar(key) ? scalarText(key) : undefined;
}

/** Of what was written, without the space and comments behind it. */
function rangeOf(node: unknown): Range {
  const [start, end] = (node as { range?: [number, number, number] | null } | null)?.range ?? [0, 0];
  return { start, end };
}

function addList(text: string, client: YAMLMap, key: ListKey, entry: string): string {
  if (client.flow) return addKey(text, client, `${key}: ${flowList([entry])}`);
  const list = `${key}:${blockEntry(text, client, entry)}`;
  const indent = ' '.repeat(columnOf(text, client));
  const template = commentedOut(text, client, indent, key);
  if (template !== undefined) return insert(text, template, `${indent}${list}${lineBreak(text)}`);
  const sibling = ['includedInterfaces', 'excludedInterfaces', 'dstAddr'].find((one) => find(client, one));
  const before = find(client, sibling ?? '') ?? client.items.at(-1)!;
  return insert(
    text,
    lineEndBehind(text, rangeOf(before.value ?? before.key).end),
    `${lineBreak(text)}${indent}${list}`,
  );
}

/** Where the line stands that the sample file has for this key, as a comment among the client's keys. */
function commentedOut(text: string, client: YAMLMap, indent: string, key: string): number | undefined {
  const from = rangeOf(client.items[0]!.key).start;
  const line = new RegExp(`^${indent}# ?${key}:`, 'gm');
  line.lastIndex = from;
  const at = line.exec(text)?.index;
  const isBetweenKeys = client.items.every(
    (pair) => at === undefined || at < rangeOf(pair.key).start || at >= rangeOf(pair.value).end,
  );
  return at !== undefined && at < client.range![2] && isBetweenKeys ? at : undefined;
}

/** A key and its value, behind the others of the mapping. */
function addKey(text: string, map: YAMLMap, written: string): string {
  const last = map.items.at(-1)!;
  const { end } = rangeOf(last.value ?? last.key);
  if (map.flow) return insert(text, end, `, ${written}`);
  return insert(
    text,
    lineEndBehind(text, end),
    `${lineBreak(text)}${' '.repeat(columnOf(text, map))}${written}`,
  );
}

function appendInFlow(text: string, list: YAMLSeq, entry: string): string {
  const last = list.items.at(-1);
  if (last !== undefined) return insert(text, rangeOf(last).end, `, ${spell(entry)}`);
  const { start, end } = rangeOf(list);
  const isBlank = /^\[[ \t]*\]$/.test(text.slice(start, end));
  return isBlank
    ? replace(text, { start, end }, flowList([entry]))
    : insert(text, (list.srcToken as CST.FlowCollection).start.offset + 1, spell(entry));
}

/** Indented and spaced as the entry before it. */
function appendInBlock(text: string, list: YAMLSeq, entry: string): string {
  const index = list.items.length - 1;
  const dash = dashBefore(list, index);
  const { start, end } = rangeOf(list.items[index]);
  const gap = /^[ ]+$/.exec(text.slice(dash + 1, start))?.[0] ?? ' ';
  const indent = ' '.repeat(dash - lineStart(text, dash));
  return insert(text, lineEndBehind(text, end), `${lineBreak(text)}${indent}-${gap}${spell(entry)}`);
}

/** The first entry of a list, on a line of its own, indented as the file's other lists are. */
function blockEntry(text: string, client: YAMLMap, entry: string): string {
  const column = columnOf(text, client);
  const example = client.items.find(({ value }) => isSeq(value) && !value.flow);
  const dash = example === undefined ? column + 2 : dashBefore(example.value as YAMLSeq, 0);
  const indent = example === undefined ? dash : dash - lineStart(text, dash);
  return `${lineBreak(text)}${' '.repeat(indent)}- ${spell(entry)}`;
}

/** Takes the comma behind it along or, of the last one, the comma before it; and a line that is empty then. */
function removeFromFlow(
  text: string,
  list: YAMLSeq | YAMLMap,
  index: number,
  { start: from, end }: Range,
): string {
  const { items } = list.srcToken as CST.FlowCollection;
  const anchor = items[index]!.start.find(({ type }) => type === 'anchor' || type === 'tag');
  const start = anchor?.offset ?? from;
  const comma = (items[index + 1] ?? items[index])!.start.find(({ type }) => type === 'comma')?.offset;
  if (comma === undefined) return removeBlankLine(replace(text, { start, end }, ''), start);
  if (comma < start) {
    const gap = start - /[ \t]*$/.exec(text.slice(0, start))![0].length;
    const rest = removeBlankLine(replace(text, { start: gap, end }, ''), gap);
    return replace(rest, { start: comma, end: comma + 1 }, '');
  }
  const space = /^[ \t]*/.exec(text.slice(comma + 1))![0].length;
  const rest = replace(text, { start: comma, end: comma + 1 + space }, '');
  return removeBlankLine(replace(rest, { start, end }, ''), start);
}

/** Where the "-" of an entry stands. */
function dashBefore(list: YAMLSeq, index: number): number {
  const { items } = list.srcToken as CST.BlockSequence;
  const dashes = items.flatMap(({ start }) => start.filter(({ type }) => type === 'seq-item-ind'));
  return dashes[index]!.offset;
}

/** The column, from 0, in which the keys of the mapping begin. */
function columnOf(text: string, map: YAMLMap): number {
  const { start } = rangeOf(map.items[0]!.key);
  return start - lineStart(text, start);
}

function isSpace(char: string | undefined): boolean {
  return char === undefined || /\s/.test(char);
}

/** With a space in front where it would touch what is before it. */
function flowList(entries: readonly string[], before = ' '): string {
  return `${isSpace(before) ? '' : ' '}[${entries.map(spell).join(', ')}]`;
}

/** As a list within brackets or of lines may have it: quoted where YAML needs it. */
function spell(entry: string): string {
  const options = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;
  return stringify([entry], options).trimEnd().slice(1, -1);
}
