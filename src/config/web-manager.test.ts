import { describe, expect, it } from 'vitest';
import { parseClientConfig, parseServerConfig } from './parse.ts';
import { ConfigError, formatProblem } from './problem.ts';

const CLIENT = 'client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: server.example.com:59402\n';
const SERVER = 'server:\n  listenAddr: 0.0.0.0:59402\n  dstAddr: 127.0.0.1:59301\n';
const WANTED = 'want 127.0.0.1:9001, or a username and password of your own, or "allowInsecure: true"';

function parse(webManager: string) {
  return parseClientConfig(`${CLIENT}  webManager: { ${webManager} }\n`, '/etc/tunnel/engarde.yml');
}

function errors(webManager: string): string[] {
  try {
    return parse(webManager).warnings.map(formatProblem);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.replace('/etc/tunnel/engarde.yml:', ''));
  }
}

describe('webManager', () => {
  it('gives every key, file names as absolute paths and host names in lower case', () => {
    const { config, warnings } = parse(
      'listenAddr: ":443", username: me, password: secret, metricsToken: t0p, allowInsecure: true, ' +
        'allowedHosts: [Tunnel.Example.com, 192.0.2.1], tls: { certificateFile: web.crt, keyFile: /run/web.key }',
    );
    expect(warnings).toEqual([]);
    expect(config.webManager).toEqual({
      listenAddr: { host: '::', port: 443 },
      username: 'me',
      password: 'secret',
      metricsToken: 't0p',
      allowInsecure: true,
      allowedHosts: ['tunnel.example.com', '192.0.2.1'],
      tls: { certificateFile: '/etc/tunnel/web.crt', keyFile: '/run/web.key' },
    });
  });

  it.each([
    [
      'tls: { certificateFile: web.crt }',
      '4:17: error: client.webManager.tls.keyFile: missing, want the name of a PEM file',
    ],
    [
      'tls: web.crt',
      '4:22: error: client.webManager.tls: found a single value, want the keys certificateFile and keyFile, indented below tls',
    ],
    [
      'allowedHosts: ["tunnel.example.com:443"]',
      '4:32: error: client.webManager.allowedHosts[0]: found "tunnel.example.com:443", want a host name or an IP address, without a port',
    ],
    [
      'allowedHosts: tunnel.example.com',
      '4:31: error: client.webManager.allowedHosts: found a single value, want a list of host names, each on its own line after "- "',
    ],
    [
      'allowInsecure: maybe',
      '4:32: error: client.webManager.allowInsecure: found a single value, want true or false',
    ],
  ])('refuses %s', (written, wanted) => {
    expect(errors(written)).toEqual([wanted]);
  });

  it.each([
    ['listenAddr: "0.0.0.0:9001"', 'found 0.0.0.0:9001', 'without username and password'],
    ['listenAddr: ":9001"', 'found [::]:9001', 'without username and password'],
    ['listenAddr: "192.168.1.2:9001", username: me', 'found 192.168.1.2:9001', 'without a password'],
    ['listenAddr: "[fd00::1]:9001", password: secret', 'found [fd00::1]:9001', 'without a username'],
    [
      'listenAddr: "0.0.0.0:9001", username: engarde, password: engarde',
      'found 0.0.0.0:9001',
      "with the username and password of engarde's sample file",
    ],
  ])('stays off, with a warning, for %s', (written, found, why) => {
    const { config, warnings } = parse(written);
    expect(config.webManager).toBeUndefined();
    expect(warnings).toMatchObject([
      { severity: 'warning', line: 4, column: 29, key: 'client.webManager.listenAddr' },
    ]);
    expect(warnings[0]!.message).toBe(
      `${found}, which other machines can reach, ${why}: the web interface stays off; ${WANTED}`,
    );
  });

  it.each([
    'listenAddr: "127.0.0.1:9001"',
    'listenAddr: "127.9.9.9:9001", username: engarde, password: engarde',
    'listenAddr: "localhost:9001", username: me',
    'listenAddr: "[::1]:9001"',
    'listenAddr: "[0:0:0:0:0:0:0:1]:9001"',
    'listenAddr: "[::ffff:127.0.0.1]:9001", password: secret',
    'listenAddr: "0.0.0.0:9001", username: me, password: secret',
    'listenAddr: "0.0.0.0:9001", username: engarde, password: secret',
    'listenAddr: "0.0.0.0:9001", allowInsecure: true',
    'listenAddr: ":9001", username: engarde, password: engarde, allowInsecure: true',
  ])('is on, without a warning, for %s', (written) => {
    const { config, warnings } = parse(written);
    expect(warnings).toEqual([]);
    expect(config.webManager?.listenAddr.port).toBe(9001);
  });

  it('says nothing when there is none, whatever the rest', () => {
    expect(parse('username: engarde').warnings).toEqual([]);
    expect(parse('username: engarde').config.webManager).toBeUndefined();
  });

  it('keeps the same rule on a server', () => {
    const { config, warnings } = parseServerConfig(
      `${SERVER}  webManager:\n    listenAddr: 0.0.0.0:9002\n`,
      'engarde.yml',
    );
    expect(config.webManager).toBeUndefined();
    expect(warnings.map(formatProblem)).toEqual([
      expect.stringMatching(
        /^engarde\.yml:5:17: warning: server\.webManager\.listenAddr: found 0\.0\.0\.0:9002/,
      ),
    ]);
  });
});

describe('paths[].excluded', () => {
  it('leaves the path in the list, and out of use', () => {
    const { config } = parseClientConfig(
      `${CLIENT}  paths: [{ name: a, excluded: true }, { name: b, excluded: false }, { name: c }]\n`,
      'f',
    );
    expect(config.paths).toEqual([
      { name: 'a', isExcluded: true },
      { name: 'b', isExcluded: false },
      { name: 'c', isExcluded: false },
    ]);
  });
});
