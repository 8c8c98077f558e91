import { describe, expect, it } from 'vitest';
import { mayImport, violationsIn } from './boundaries.mjs';

const cases = [
  ['a room within itself', 'src/relay/fan-out.ts', "import { a } from './path.ts';", null],
  ['a room that may be imported', 'src/relay/fan-out.ts', "import { a } from '../net/index.ts';", null],
  ['a Node module', 'src/net/address.ts', "import { isIP } from 'node:net';", null],
  ['an import named in a comment', 'src/net/address.ts', "// import { a } from '../cli/index.ts'", null],
  ['a worker of its own', 'src/linux/a.ts', "new URL('./loop-thread.js', import.meta.url)", null],
  [
    "another room's worker, from daemon",
    'src/daemon/a.ts',
    "new URL('../linux/loop-thread.js', import.meta.url)",
    null,
  ],
  ['the room above', 'src/net/a.ts', "import { a } from '../relay/index.ts';", /net must not import relay/],
  [
    'a type of the room above',
    'src/relay/a.ts',
    "import type { A } from '../config/index.ts';",
    /relay must not import config/,
  ],
  [
    'a re-export',
    'src/contract/a.ts',
    "export { a } from '../net/index.ts';",
    /contract must not import net/,
  ],
  [
    'a dynamic import',
    'src/manager/a.ts',
    "await import('../daemon/index.ts');",
    /manager must not import daemon/,
  ],
  [
    'past the index',
    'src/relay/a.ts',
    "import { a } from '../net/batch.ts';",
    /import src\/net\/index\.ts instead/,
  ],
  [
    'daemon importing the demo',
    'src/daemon/a.ts',
    "import { a } from '../demo/index.ts';",
    /daemon must not import demo/,
  ],
  ['the FFI elsewhere', 'src/daemon/a.ts', "import koffi from 'koffi';", /only linux may/],
  ['the FFI by require', 'src/net/a.ts', "const k = require('koffi');", /only linux may/],
  ['YAML elsewhere', 'src/cli/a.ts', "import { parse } from 'yaml';", /only config may/],
  [
    "another room's worker",
    'src/cli/a.ts',
    "new URL('../linux/loop-thread.js', import.meta.url)",
    /only daemon may/,
  ],
  [
    'tests from the source',
    'src/net/a.ts',
    "import { a } from '../../test/lab/a.ts';",
    /net must not import test\/lab/,
  ],
  ['a room not in the table', 'src/utils/a.ts', '', /room "utils" is not in the table/],
];

describe('violationsIn()', () => {
  it.each(cases)('judges %s', (_name, path, source, fault) => {
    const violations = violationsIn(path, source);
    if (fault === null) expect(violations).toEqual([]);
    else expect(violations).toEqual([expect.stringMatching(fault)]);
  });

  it('names the line', () => {
    const source = "// a\n\nimport { a } from '../cli/index.ts';\n";
    expect(violationsIn('src/net/a.ts', source)[0]).toMatch(/^src\/net\/a\.ts:3: /);
  });
});

describe('mayImport', () => {
  it('has no circle', () => {
    const reach = (room, seen = new Set()) => {
      for (const next of mayImport[room]) if (!seen.has(next)) reach(next, seen.add(next));
      return seen;
    };
    for (const room of Object.keys(mayImport)) expect([...reach(room)]).not.toContain(room);
  });
});
