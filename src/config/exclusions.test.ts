import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditError } from './edit-error.ts';
import { type Exclusions, withExclusions } from './exclusions.ts';
import { compileGlobs, escapeGlob } from './globs.ts';
import { parseClientConfig } from './parse.ts';

const SAMPLE = readFileSync(new URL('../../engarde.yml.sample', import.meta.url), 'utf8');
const HEAD = 'client:\n  listenAddr: :59401   # here\n  dstAddr: "a.de:59402"\n';

type Change = readonly [name: string, to: 'exclude' | 'include'];

/** `-eth0` excludes, `+eth0` includes. */
function changes(written: string): Exclusions {
  const each = written
    .split(' ')
    .map((one): Change => [one.slice(1), one[0] === '-' ? 'exclude' : 'include']);
  return new Map(each);
}

function edited(text: string, written: string, ...leftOut: string[]): string {
  return withExclusions(text, 'f', changes(written), (name) => leftOut.includes(name));
}

/** Only what differs: `-line` and `+line`, in the order of the file, by the longest common lines. */
function difference(before: string, after: string): string[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] =
        a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const found: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      found.push(`-${a[i++]}`);
    else found.push(`+${b[j++]}`);
  }
  return found;
}

function failure(text: string, written: string): { code: string; message: string } {
  try {
    edited(text, written);
  } catch (error) {
    if (error instanceof EditError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('withExclusions() of interfaces', () => {
  it.each<[text: string, change: string, wanted: string[]]>([
    // exclude
    ['', '-eth0', ['+  excludedInterfaces:', '+    - eth0']],
    ['  excludedInterfaces:\n', '-eth0', ['+    - eth0']],
    ['  excludedInterfaces: # none\n  description: x\n', '-eth0', ['+    - eth0']],
    [
      '  excludedInterfaces: ~ # none\n',
      '-eth0',
      ['-  excludedInterfaces: ~ # none', '+  excludedInterfaces: [eth0] # none'],
    ],
    ['  excludedInterfaces: []\n', '-eth0', ['-  excludedInterfaces: []', '+  excludedInterfaces: [eth0]']],
    ['  excludedInterfaces: [ ]\n', '-eth0', ['-  excludedInterfaces: [ ]', '+  excludedInterfaces: [eth0]']],
    [
      '  excludedInterfaces: [a,b]\n',
      '-eth0',
      ['-  excludedInterfaces: [a,b]', '+  excludedInterfaces: [a,b, eth0]'],
    ],
    ['  excludedInterfaces: [\n    a, # x\n    b # y\n  ]\n', '-eth0', ['-    b # y', '+    b, eth0 # y']],
    [
      '  excludedInterfaces: [a,]\n',
      '-eth0',
      ['-  excludedInterfaces: [a,]', '+  excludedInterfaces: [a, eth0,]'],
    ],
    ["  excludedInterfaces:\n  - a\n  -   'b' # b\n  # end\n", '-eth0', ['+  -   eth0']],
    ['  excludedInterfaces:\n      - a\n\n  description: x\n', '-eth0', ['+      - eth0']],
    ['  excludedInterfaces:\n    - a', '-eth0', ['+    - eth0']],
    ['  excludedInterfaces:\n    - |-\n      a\n  description: x\n', '-eth0', ['+    - eth0']],
    ['  excludedInterfaces: [eth*]\n', '-eth0', []],
    ['  excludedInterfaces: [eth0]\n', '-eth0', []],
    [
      '  includedInterfaces: [eth0, wlan0]\n',
      '-eth0',
      [
        '-  includedInterfaces: [eth0, wlan0]',
        '+  excludedInterfaces:',
        '+    - eth0',
        '+  includedInterfaces: [wlan0]',
      ],
    ],
    [
      '  includedInterfaces:\n    - +br0 # guests\n    - +br1\n',
      '-br0',
      ['+  excludedInterfaces:', '+    - br0', '-    - +br0 # guests'],
    ],
    ['  includedInterfaces: [eth*]\n', '-eth0', ['+  excludedInterfaces:', '+    - eth0']],
    // include
    ['', '+eth0', []],
    [
      '  excludedInterfaces: [a, eth0, b]\n',
      '+eth0',
      ['-  excludedInterfaces: [a, eth0, b]', '+  excludedInterfaces: [a, b]'],
    ],
    [
      '  excludedInterfaces: [a, eth0]\n',
      '+eth0',
      ['-  excludedInterfaces: [a, eth0]', '+  excludedInterfaces: [a]'],
    ],
    [
      '  excludedInterfaces: ["eth0", a]\n',
      '+eth0',
      ['-  excludedInterfaces: ["eth0", a]', '+  excludedInterfaces: [a]'],
    ],
    [
      '  excludedInterfaces: [ eth0, a, eth0, ]\n',
      '+eth0',
      ['-  excludedInterfaces: [ eth0, a, eth0, ]', '+  excludedInterfaces: [ a, ]'],
    ],
    [
      '  excludedInterfaces: [eth0,]\n',
      '+eth0',
      ['-  excludedInterfaces: [eth0,]', '+  excludedInterfaces: []'],
    ],
    ['  excludedInterfaces: [\n    a, # x\n    eth0,\n    b\n  ]\n', '+eth0', ['-    eth0,']],
    [
      '  excludedInterfaces: [\n    a, # x\n    eth0\n  ]\n',
      '+eth0',
      ['-    a, # x', '-    eth0', '+    a # x'],
    ],
    ['  excludedInterfaces: [\n    eth0, # x\n    a\n  ]\n', '+eth0', ['-    eth0, # x', '+    # x']],
    [
      '  excludedInterfaces:\n    # the fibre\n    - eth0 # slow\n    # the other\n    - a\n',
      '+eth0',
      ['-    - eth0 # slow'],
    ],
    ['  excludedInterfaces:\n  - eth0\n  description: x\n', '+eth0', ['-  - eth0']],
    ['  excludedInterfaces:\n    - 007\n    - a\n', '+007', ['-    - 007']],
    [
      '  includedInterfaces: [a]\n',
      '+eth0',
      ['-  includedInterfaces: [a]', '+  includedInterfaces: [a, eth0]'],
    ],
    [
      '  includedInterfaces: [a]\n  excludedInterfaces: [eth0]\n',
      '+eth0',
      [
        '-  includedInterfaces: [a]',
        '-  excludedInterfaces: [eth0]',
        '+  includedInterfaces: [a, eth0]',
        '+  excludedInterfaces: []',
      ],
    ],
    ['  includedInterfaces: [a, +eth0]\n', '+eth0', []],
    ['  includedInterfaces: [e*]\n', '+eth0', []],
    ['  includedInterfaces: [+a]\n', '+eth0', []],
    [
      '  includedInterfaces: [+a]\n',
      '+br0',
      ['-  includedInterfaces: [+a]', '+  includedInterfaces: [+a, +br0]'],
    ],
    ['  excludedInterfaces:\n      - a\n', '+br0', ['+  includedInterfaces:', '+      - +br0']],
    // both, several
    [
      '  excludedInterfaces: [a, b]\n',
      '+a -c +b',
      ['-  excludedInterfaces: [a, b]', '+  excludedInterfaces: [c]'],
    ],
    [
      '  includedInterfaces: [a]\n',
      '-a +b',
      ['-  includedInterfaces: [a]', '+  excludedInterfaces:', '+    - a', '+  includedInterfaces: [b]'],
    ],
  ])('%j, %s', (text, change, wanted) => {
    const before = HEAD + text;
    const after = edited(before, change, 'br0');
    const lines = difference(before, after);
    expect(lines.sort()).toEqual(wanted.toSorted());
    expect(edited(after, change, 'br0')).toBe(after);
  });

  it('uncovers the key under its explanation in the sample file, and touches no other line', () => {
    const after = edited(SAMPLE, '-wlan0 +br0', 'br0');
    expect(difference(SAMPLE, after)).toEqual([
      '+  excludedInterfaces:',
      '+    - wlan0',
      '+  includedInterfaces:',
      '+    - +br0',
    ]);
    const lines = after.split('\n');
    const at = lines.indexOf('  excludedInterfaces:');
    expect(lines.slice(at - 1, at + 3)).toEqual([
      '  # rengarde-client list-interfaces shows the names.',
      '  excludedInterfaces:',
      '    - wlan0',
      '  # excludedInterfaces: []',
    ]);
  });

  it('touches only the needed lines of the sample file with every key switched on', () => {
    const full = SAMPLE.replaceAll(/^( +)# ( *(?:[a-z]\w*: ?[^ ]*|- [+*\w].*|\w+: .*))$/gim, '$1$2')
      .replaceAll(/: (\[\]|\{\})$/gm, ':')
      .replace(/^ {2}paths:\n(?: {4}.*\n)+/m, '');
    expect(difference(full, edited(full, '-eth9 +wlan0 -br0'))).toEqual([
      '-    - wlan0',
      '+    - eth9',
      '+    - br0',
      '-    - +br0',
    ]);
  });

  it('keeps Windows line ends', () => {
    const before = `${HEAD}  excludedInterfaces:\n    - a\n    - b # c\n  description: x\n`.replaceAll(
      '\n',
      '\r\n',
    );
    const after = edited(before, '-eth0 +a +br0', 'br0');
    expect(difference(before, after)).toEqual(
      ['+  includedInterfaces:\r', '+    - +br0\r', '-    - a\r', '+    - eth0\r'].toSorted(
        (one, other) => after.indexOf(one.slice(1)) - after.indexOf(other.slice(1)),
      ),
    );
  });

  it('edits a section in braces', () => {
    const before = 'client: { listenAddr: ":1", dstAddr: "a.de:2" } # all\n';
    const after = edited(before, '-eth0');
    expect(after).toBe('client: { listenAddr: ":1", dstAddr: "a.de:2", excludedInterfaces: [eth0] } # all\n');
    expect(edited(after, '+eth0')).toBe(
      'client: { listenAddr: ":1", dstAddr: "a.de:2", excludedInterfaces: [] } # all\n',
    );
    const empty = 'client: {listenAddr: ":1", excludedInterfaces:, dstAddr: "a.de:2"}\n';
    expect(edited(empty, '-eth0')).toBe(
      'client: {listenAddr: ":1", excludedInterfaces: [eth0], dstAddr: "a.de:2"}\n',
    );
  });

  it('quotes what YAML would take for something else', () => {
    const before = `${HEAD}  excludedInterfaces:\n    - a\n`;
    const name = 'Local, Area: #4 "x" é';
    const after = withExclusions(
      before,
      'f',
      new Map([
        [name, 'exclude'],
        ['~', 'exclude'],
        ['12', 'exclude'],
      ]),
      () => false,
    );
    expect(parseClientConfig(after, 'f').config.excludedInterfaces).toEqual(['a', name, '~', '12']);
  });

  it('writes a name with pattern characters as itself, and finds it again', () => {
    const before = `${HEAD}  excludedInterfaces: [a]\n`;
    const after = withExclusions(before, 'f', new Map([['Net [2]*', 'exclude']]), () => false);
    const { excludedInterfaces } = parseClientConfig(after, 'f').config;
    expect(excludedInterfaces).toEqual(['a', 'Net [[]2][*]']);
    expect(withExclusions(after, 'f', new Map([['Net [2]*', 'include']]), () => false)).toBe(before);
  });

  it('gives back the text it began with, or one that means the same', () => {
    const name = fc.constantFrom(
      'eth0',
      'br0',
      'Local Area 4',
      'Net [2]',
      'a*',
      '+x',
      'ünï',
      '1.0',
      'no',
      '- y',
    );
    const list = fc.uniqueArray(fc.constantFrom('p1', "'p2'", '"p3"', 'p 4'), { maxLength: 3 });
    const block = (key: string, items: string[], indent: string) =>
      `  ${key}:${items.map((item) => `\n${indent}- ${item} # it`).join('')}\n`;
    const flow = (key: string, items: string[], space: string) => `  ${key}: [${items.join(`,${space}`)}]\n`;
    const text = fc
      .record({
        excluded: list,
        isFlow: fc.boolean(),
        indent: fc.constantFrom('  ', '    '),
        after: fc.constantFrom('', '  description: x\n', '# end'),
      })
      .map(
        ({ excluded, isFlow, indent, after }) =>
          `${HEAD}${isFlow ? flow('excludedInterfaces', excluded, indent) : block('excludedInterfaces', excluded, indent)}${after}`,
      );
    fc.assert(
      fc.property(text, fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), (before, names) => {
        const out = withExclusions(before, 'f', new Map(names.map((one) => [one, 'exclude'])), () => false);
        const config = parseClientConfig(out, 'f').config;
        const isExcluded = compileGlobs(config.excludedInterfaces);
        expect(names.filter((one) => !isExcluded(one))).toEqual([]);
        const back = withExclusions(out, 'f', new Map(names.map((one) => [one, 'include'])), () => false);
        expect(back).toBe(before.replace(/^ {2}excludedInterfaces: \[\]$/m, '  excludedInterfaces: []'));
      }),
      { numRuns: 300 },
    );
  });
});

describe('withExclusions() refuses', () => {
  it('with an EditError whatever it cannot do, and what it does means what was asked for', () => {
    const piece = fc.constantFrom(
      ...['a', 'eth0', '+eth0', '"eth0"', '&x ', '*x', '!!str ', '- ', '[', ']', '{', '}', ', ', ': ', '? '],
      ...[
        '# c',
        '\n',
        '\r\n',
        '\n  ',
        '\n    ',
        '\n  - ',
        '\n    - ',
        ' ',
        '~',
        '|-',
        '>',
        'name: ',
        'excluded: true',
      ],
    );
    const key = fc.constantFrom(
      'excludedInterfaces',
      'includedInterfaces',
      'paths',
      '? excludedInterfaces\n  ',
    );
    const written = fc
      .tuple(key, fc.array(piece, { maxLength: 8 }))
      .map(([name, all]) => `  ${name}: ${all.join('')}\n`);
    const heads = fc.constantFrom(HEAD, `x: &x [eth0]\n${HEAD}`, HEAD.replace('client:', 'client: &x'));
    const change = fc.constantFrom('-eth0', '+eth0', '-a', '+a -b', '-a -eth0');
    let done = 0;
    const text = fc
      .tuple(heads, fc.array(written, { maxLength: 2 }))
      .map(([head, lists]) => head + lists.join(''));
    fc.assert(
      fc.property(text, change, (before, wish) => {
        let after: string;
        try {
          after = edited(before, wish);
        } catch (error) {
          expect(error).toBeInstanceOf(EditError);
          return;
        }
        done++;
        const { excludedInterfaces, paths } = parseClientConfig(after, 'f').config;
        for (const [name, to] of changes(wish)) {
          const path = paths.find((one) => one.name === name);
          expect(path?.isExcluded ?? compileGlobs(excludedInterfaces)(name)).toBe(to === 'exclude');
        }
      }),
      { numRuns: 1500 },
    );
    expect(done).toBeGreaterThan(100);
  });

  it('to include what a pattern excludes', () => {
    expect(failure(`${HEAD}  excludedInterfaces:\n    - lo\n    - "eth*"\n`, '+eth0')).toEqual({
      code: 'excluded-by-pattern',
      message:
        'Cannot keep the exclusions in f: found "eth*" in client.excludedInterfaces on line 6, which excludes "eth0" too; want a pattern that leaves "eth0" alone, or the names themselves',
    });
  });

  it('to empty an allow-list, which would let every interface in', () => {
    expect(failure(`${HEAD}  includedInterfaces: [eth0, +br0]\n`, '-eth0')).toEqual({
      code: 'last-included',
      message:
        'Cannot keep the exclusions in f: found only "eth0" in client.includedInterfaces on line 4; without it every other interface would be used; want another entry there, or none and the others excluded',
    });
  });

  it('a file with errors', () => {
    expect(failure('client:\n  listenAddr: :1\n', '-eth0').code).toBe('invalid-file');
    expect(failure('client: [\n', '-eth0').code).toBe('invalid-file');
    const alias = 'x: &c { listenAddr: ":1", dstAddr: "a.de:2" }\nclient: *c\n';
    expect(failure(alias, '-eth0').code).toBe('unsupported-notation');
  });

  it('a list that something else is tied to', () => {
    const tied = `${HEAD}  excludedInterfaces: &all [a]\n  webManager: { listenAddr: ":1", allowInsecure: true, allowedHosts: *all }\n`;
    expect(failure(tied, '-eth0')).toEqual({
      code: 'unsupported-notation',
      message:
        'Cannot keep the exclusions in f: found a notation that cannot be edited without changing more; write it by hand: excludedInterfaces: ["a","eth0"] and includedInterfaces: []',
    });
    const server = `${HEAD}  excludedInterfaces: &all [a]\nserver: { listenAddr: ":3", dstAddr: "b.de:4", webManager: { listenAddr: "[::1]:5", allowedHosts: *all } }\n`;
    expect(failure(server, '-eth0').code).toBe('unsupported-notation');
    expect(failure(`${HEAD}  excludedInterfaces: [&x a, b]\n  description: *x\n`, '+a').code).toBe(
      'contradiction',
    );
    expect(failure(`${HEAD}  ? excludedInterfaces\n  : - a\n    - b\n`, '+a').code).toMatch(
      /notation|contradiction/,
    );
  });

  it('nothing that only looks tied', () => {
    const before = `${HEAD}  description: &name a\n  excludedInterfaces: [*name , b]\n  includedInterfaces: &none\n`;
    expect(parseClientConfig(edited(before, '+a -c'), 'f').config.excludedInterfaces).toEqual(['b', 'c']);
    const alias = `${HEAD}x: &list [a, b]\n`
      .replace('client:', 'x: &list [a, b] # mine\nclient:')
      .replace(/x: &list \[a, b\]\n$/, '');
    const after = edited(`${alias}  excludedInterfaces: *list\n`, '-eth0 +a');
    expect(after).toBe(`${alias}  excludedInterfaces: [b, eth0]\n`);
  });
});

describe('withExclusions() of paths', () => {
  const paths = (written: string) => `${HEAD}  paths:\n${written}`;

  it.each<[text: string, change: string, wanted: string[]]>([
    [
      '    - name: a\n    - name: b # two\n      ifName: e # e\n      # end\n    - name: c\n',
      '-b',
      ['+      excluded: true'],
    ],
    ['  - ifName: e\n    name: a\n', '-a', ['+    excluded: true']],
    [
      '    - { name: a, ifName: e }\n',
      '-a',
      ['-    - { name: a, ifName: e }', '+    - { name: a, ifName: e, excluded: true }'],
    ],
    [
      '    - name: a\n      excluded: false # no\n',
      '-a',
      ['-      excluded: false # no', '+      excluded: true # no'],
    ],
    ['    - name: a\n      excluded:\n', '-a', ['-      excluded:', '+      excluded: true']],
    ['    - name: a\n      excluded: true\n', '-a', []],
    [
      '    - name: a\n      excluded: true # for now\n      ifName: e\n',
      '+a',
      ['-      excluded: true # for now'],
    ],
    ['    - excluded: true\n      name: a\n', '+a', ['-    - excluded: true', '+    - excluded: false']],
    [
      '    - { name: a, excluded: true, ifName: e }\n',
      '+a',
      ['-    - { name: a, excluded: true, ifName: e }', '+    - { name: a, ifName: e }'],
    ],
    ['    - {name: a, excluded: true}\n', '+a', ['-    - {name: a, excluded: true}', '+    - {name: a}']],
    ['    - name: a\n', '+a', []],
  ])('%j, %s', (text, change, wanted) => {
    const after = edited(paths(text), change);
    expect(difference(paths(text), after)).toEqual(wanted);
  });

  it('marks the one path of that name, and finds it by its text', () => {
    const text = paths('    - name: 1\n    - name: "first provider"\n');
    const after = withExclusions(
      text,
      'f',
      new Map([
        ['first provider', 'exclude'],
        ['1', 'exclude'],
      ]),
      () => false,
    );
    expect(parseClientConfig(after, 'f').config.paths).toEqual([
      { name: '1', isExcluded: true },
      { name: 'first provider', isExcluded: true },
    ]);
  });

  it('refuses a name that no path has', () => {
    expect(failure(paths('    - name: a\n    - name: b\n'), '-eth0')).toEqual({
      code: 'unknown-path',
      message: 'Cannot keep the exclusions in f: found no path "eth0" in client.paths, want one of "a", "b"',
    });
  });
});

describe('escapeGlob()', () => {
  it('gives a pattern of the one name', () => {
    const name = fc.string({
      unit: fc.constantFrom(...'ab0 *?[]!^+(){}|\\@$-.é'),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(name, name, (one, other) => {
        const matches = compileGlobs([escapeGlob(one)]);
        expect(matches(one)).toBe(true);
        expect(matches(other)).toBe(one === other);
        expect(matches(`${one}x`)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });
});
