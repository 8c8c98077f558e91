/** Excluding and including links in any engarde.yml: the result says so and is right, or the change is refused. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { EditError } from '../../../src/config/edit-error.ts';
import { withExclusions } from '../../../src/config/exclusions.ts';
import { parseClientConfig } from '../../../src/config/parse.ts';
import { fullSample, SAMPLE_FILE } from '../../config/sample.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const NAMES = ['eth0', 'wwan0', '*', '+x', 'Main ISP', '[a]', ''];
const HEAD = 'client:\n  listenAddr: "127.0.0.1:59401"\n  dstAddr: "a.b:1"\n';

export const target: Target = {
  what: 'changes to engarde.yml',
  run(bytes) {
    const input = new Input(bytes);
    const changes = new Map<string, 'exclude' | 'include'>();
    for (let count = 1 + (input.u8() % 3); count > 0; count--) {
      const name = input.is() ? input.pick(NAMES) : input.text();
      changes.set(name, input.is() ? 'exclude' : 'include');
    }
    const isLeftOut = input.is() ? () => true : () => false;
    const text = input.rest().toString('utf8');
    const edited = edit(text, changes, isLeftOut);
    if (edited === undefined) return;
    parseClientConfig(edited.replace(/^\ufeff/, ''), 'engarde.yml');
    assert.equal(edit(edited, changes, isLeftOut), edited);
  },
  seeds() {
    const [few, several] = [Buffer.of(0, 1, 0, 1, 0), Buffer.of(2, 1, 0, 1, 1, 1, 0, 0, 2, 0x61, 0x62, 1, 1)];
    const texts = [
      readFileSync(SAMPLE_FILE, 'utf8').slice(0, 3_000),
      fullSample().replace(/^ *#.*\n/gm, ''),
      `${HEAD}  excludedInterfaces: [eth0, wwan0]\n`,
      `${HEAD}  includedInterfaces:\n    - eth0\n    - +wwan0 # why\n`,
      `${HEAD}  paths:\n  - name: eth0\n    interface: x\n  - {name: wwan0, interface: y, excluded: true}\n`,
      `x: &l [eth0]\n${HEAD}  excludedInterfaces: *l\n`,
    ];
    return texts.flatMap((text) => [few, several].map((head) => Buffer.concat([head, Buffer.from(text)])));
  },
  words: [
    '\n  ',
    '\n    - ',
    ': ',
    '&a ',
    '*a',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '# ',
    '\r\n',
    '\ufeff',
    '? ',
    '|\n',
  ],
};

function edit(text: string, changes: ReadonlyMap<string, 'exclude' | 'include'>, isLeftOut: () => boolean) {
  try {
    return withExclusions(text, 'engarde.yml', changes, isLeftOut);
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    return undefined;
  }
}
