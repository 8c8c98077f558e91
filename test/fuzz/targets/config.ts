/** The text of an engarde.yml, for both roles. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { checkText } from '../../../src/config/check.ts';
import { ConfigError, compileGlobs, formatProblem } from '../../../src/config/index.ts';
import { parseClientConfig, parseServerConfig } from '../../../src/config/parse.ts';
import { fullSample, SAMPLE_FILE } from '../../config/sample.ts';
import type { Target } from '../target.ts';

const NAMES = ['eth0', 'wwan0', 'Local Area Connection 4', 'a'.repeat(64)];

export const target: Target = {
  what: 'engarde.yml',
  run(bytes) {
    const text = bytes.toString('utf8');
    for (const parse of [parseClientConfig, parseServerConfig]) {
      try {
        const { config, warnings } = parse(text, 'engarde.yml');
        for (const warning of warnings) assertOneLine(formatProblem(warning));
        assert(config.listenAddr.port > 0 && config.dstAddr.port > 0);
        if (config.role === 'client') compileGlobs(config.excludedInterfaces);
        if (config.role === 'client') NAMES.some(compileGlobs(config.excludedInterfaces));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        assert(error.problems.some(({ severity }) => severity === 'error'));
        for (const problem of error.problems) assertOneLine(formatProblem(problem));
      }
    }
    const { isOk, client, server } = checkText(text, 'engarde.yml');
    assert(!isOk || client !== undefined || server !== undefined);
  },
  seeds: () => [
    withoutComments(readFileSync(SAMPLE_FILE, 'utf8')),
    withoutComments(fullSample()),
    'client:\n  listenAddr: "127.0.0.1:59401"\n  dstAddr: a.b:1\n  excludedInterfaces: [wg*, "+x"]\n',
    'server: &s\n  listenAddr: :1\n  dstAddr: "[::1]:2"\n  webManager: {listenAddr: "127.0.0.1:9001"}\nclient: *s\n',
    'client: {<<: {a: 1}, paths: [{name: a, interface: b, excluded: true}]}',
  ],
  words: [
    '\n  ',
    '- ',
    ': ',
    '&a ',
    '*a',
    '<<',
    '|\n',
    '>-\n',
    '!!binary ',
    '{',
    '}',
    '[',
    ']',
    '? ',
    '---\n',
    '%YAML 1.2\n',
    '"\\u',
    '#',
  ],
};

/** No file can forge a line or command a terminal. */
function assertOneLine(text: string): void {
  assert(!/[\p{Cc}\u2028\u2029]/u.test(text), `not one plain line: ${JSON.stringify(text)}`);
}

function withoutComments(text: string): string {
  return text.replace(/^ *#.*\n/gm, '');
}
