import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import { fullSample, SAMPLE_FILE } from '../../test/config/sample.ts';
import { checkText } from './check.ts';
import { configSchema } from './json-schema.ts';
import { parseYaml } from './syntax.ts';

const SCHEMA_FILE = new URL('../../engarde.schema.json', import.meta.url);
const CLIENT = 'client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: vpn.example.com:59402\n';
const SERVER = 'server:\n  listenAddr: ":59402"\n  dstAddr: 127.0.0.1:59301\n';

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(configSchema());

/** Where the schema finds something wrong, and what. */
function faults(text: string): string[] {
  validate(parseYaml(text, '').document.toJS());
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('engarde.schema.json', () => {
  it('is what the schema of the programs gives', () => {
    const written: unknown = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'));
    const remedy =
      'engarde.schema.json is stale: rengarde check --schema > engarde.schema.json && npx biome format --write engarde.schema.json';
    expect(written, remedy).toEqual(configSchema());
  });

  it('is where the first line of the sample says', () => {
    const [first] = readFileSync(SAMPLE_FILE, 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=./engarde.schema.json');
  });
});

describe('configSchema()', () => {
  it('finds the sample in order, as it is and with every key switched on', () => {
    expect(faults(readFileSync(SAMPLE_FILE, 'utf8'))).toEqual([]);
    expect(faults(fullSample())).toEqual([]);
    expect(checkText(fullSample(), 'full.yml').problems).toEqual([]);
  });

  test.each([
    ['one section', CLIENT],
    ['the other section', SERVER],
    ['keys with nothing behind them', `${CLIENT}  webManager:\n  protocol:\n  paths:\n  writeTimeout:\n`],
    ['empty texts', `${SERVER}  wireguardPublicKey: ""\n  webManager: { listenAddr: "", username: "" }\n`],
    ['texts that look like numbers', `${CLIENT}  description: 7\n  excludedInterfaces: [1, 007]\n`],
    ['labels', `${CLIENT}  interfaceLabels: { eth0: 5, "Local Area Connection 4": , wan: true }\n`],
    ['a path with nothing but a name', `${CLIENT}  paths: [{ name: 1, ifName: "", dstAddr: }]\n`],
  ])('finds in order, as check does: %s', (_title, text) => {
    expect(checkText(text, 'f').problems).toEqual([]);
    expect(faults(text)).toEqual([]);
  });

  test.each([
    ['nothing at all', 'elsewhere: 1\n', ' must NOT have additional properties'],
    ['an empty section', 'client:\n', '/client must be object'],
    ['an unknown section', `${CLIENT}sever: {}\n`, ' must NOT have additional properties'],
    ['an unknown key', `${CLIENT}  lable: x\n`, '/client must NOT have additional properties'],
    ['an unknown key deep inside', `${CLIENT}  paths: [{ name: a, if: b }]\n`, '/client/paths/0 must NOT'],
    ["the other section's key", `${CLIENT}  maxSessions: 1\n`, '/client must NOT have additional properties'],
    ['a missing key', 'server:\n  listenAddr: ":1"\n', "/server must have required property 'dstAddr'"],
    ['a required key with nothing behind it', CLIENT.replace(/dst.*/, 'dstAddr:'), '/client/dstAddr must be'],
    ['an address without a port', CLIENT.replace(':59402', ''), '/client/dstAddr must match pattern'],
    ['a number for an address', CLIENT.replace('127.0.0.1:', ''), '/client/listenAddr must be string'],
    ['too large a number', `${SERVER}  maxSessions: 20000\n`, '/server/maxSessions must be <= 16384'],
    ['a fraction', `${SERVER}  maxSessions: 1.5\n`, '/server/maxSessions must be integer'],
    ['another word', `${SERVER}  protocol: tcp\n`, '/server/protocol must be equal to one of'],
    ['a text for a switch', `${SERVER}  deduplicate: "no"\n`, '/server/deduplicate must be boolean'],
    [
      'a text for a list',
      `${CLIENT}  excludedInterfaces: eth0\n`,
      '/client/excludedInterfaces must be array',
    ],
    ['a cut public key', `${SERVER}  wireguardPublicKey: xTIB=\n`, '/server/wireguardPublicKey must match'],
    ['half of tls', `${SERVER}  webManager: { tls: { keyFile: a } }\n`, '/server/webManager/tls must have'],
  ])('finds wrong, as check does: %s', (_title, text, fault) => {
    expect(checkText(text, 'f').isOk).toBe(false);
    expect(faults(text)).toContainEqual(expect.stringContaining(fault));
  });
});
