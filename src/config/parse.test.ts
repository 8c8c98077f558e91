import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseClientConfig, parseServerConfig } from './parse.ts';
import { ConfigError } from './problem.ts';
import { clientSection, serverSection } from './schema.ts';

const CLIENT = 'client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: server.example.com:59402\n';
const SERVER = 'server:\n  listenAddr: 0.0.0.0:59402\n  dstAddr: 127.0.0.1:59301\n';

/** Lines of all problems, errors and warnings, that the text gives. */
function problems(parse: typeof parseClientConfig | typeof parseServerConfig, text: string): string[] {
  try {
    return parse(text, 'f').warnings.map(
      (p) => `${p.line}:${p.column}: ${p.severity}: ${p.key}: ${p.message}`,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.replace(/^f:/, ''));
  }
}

describe('parseClientConfig()', () => {
  it('fills in every default', () => {
    expect(parseClientConfig(CLIENT, 'f')).toEqual({
      file: 'f',
      warnings: [],
      config: {
        role: 'client',
        description: '',
        listenAddr: { host: '127.0.0.1', port: 59401 },
        dstAddr: { host: 'server.example.com', port: 59402 },
        writeTimeoutMs: 10,
        maxDatagramBytes: 9216,
        protocol: 'wireguard',
        deduplicate: true,
        lowLatency: false,
        excludedInterfaces: [],
        includedInterfaces: [],
        interfaceLabels: {},
        dstOverrides: [],
        paths: [],
      },
    });
  });

  it('reads every key', () => {
    const { config, warnings } = parseClientConfig(
      `client:
  description: My laptop
  listenAddr: :59401
  dstAddr: "[2001:db8::1]:59402"
  writeTimeout: 25
  maxDatagramSize: 1500
  deduplicate: false
  protocol: any
  excludedInterfaces: [Local Area Connection 4, "ppp*"]
  includedInterfaces: [+br0]
  interfaceLabels: { eth0: Main ISP }
  dstOverrides: [{ ifName: eth1, dstAddr: 198.51.100.32:1 }]
  paths:
    - { name: one, ifName: eth0, srcAddr: 192.0.2.7, dstAddr: 198.51.100.32:2 }
    - { name: two }
  webManager: { listenAddr: localhost:9001, username: engarde, password: secret }
`,
      'f',
    );
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      role: 'client',
      description: 'My laptop',
      listenAddr: { host: '::', port: 59401 },
      dstAddr: { host: '2001:db8::1', port: 59402 },
      writeTimeoutMs: 25,
      maxDatagramBytes: 1500,
      protocol: 'any',
      deduplicate: false,
      lowLatency: false,
      excludedInterfaces: ['Local Area Connection 4', 'ppp*'],
      includedInterfaces: ['+br0'],
      interfaceLabels: { eth0: 'Main ISP' },
      dstOverrides: [{ ifName: 'eth1', dstAddr: { host: '198.51.100.32', port: 1 } }],
      paths: [
        {
          name: 'one',
          ifName: 'eth0',
          srcAddr: '192.0.2.7',
          dstAddr: { host: '198.51.100.32', port: 2 },
          isExcluded: false,
        },
        { name: 'two', isExcluded: false },
      ],
      webManager: {
        listenAddr: { host: '127.0.0.1', port: 9001 },
        username: 'engarde',
        password: 'secret',
        metricsToken: '',
        allowedHosts: [],
        allowInsecure: false,
      },
    });
  });

  it('takes empty values for absent ones', () => {
    const empty =
      '  excludedInterfaces:\n  interfaceLabels: ~\n  description: ""\n  webManager: { listenAddr: "" }\n';
    expect(parseClientConfig(CLIENT + empty, 'f')).toEqual(parseClientConfig(CLIENT, 'f'));
  });

  it('takes numbers and booleans where texts are wanted, spelled as in the file', () => {
    const { config } = parseClientConfig(
      `${CLIENT}  description: 1.50
  excludedInterfaces: [007]
  interfaceLabels: { 5: true }
  webManager: { listenAddr: ":1", username: yes, password: 0123 }
`,
      'f',
    );
    expect(config).toMatchObject({
      description: '1.50',
      excludedInterfaces: ['007'],
      interfaceLabels: { 5: 'true' },
      webManager: { username: 'yes', password: '0123' },
    });
  });

  it('follows aliases', () => {
    const { config } = parseClientConfig(
      `client: { listenAddr: ":1", dstAddr: &far "a.de:2", dstOverrides: [{ ifName: eth0, dstAddr: *far }] }`,
      'f',
    );
    expect(config.dstOverrides[0]?.dstAddr).toEqual({ host: 'a.de', port: 2 });
  });

  it.each([
    [0, 10],
    [-5, -1],
    [3, 3],
  ])('takes writeTimeout %i for %i ms', (written, ms) => {
    expect(parseClientConfig(`${CLIENT}  writeTimeout: ${written}\n`, 'f').config.writeTimeoutMs).toBe(ms);
  });

  it('keeps the first of several overrides for one interface, as the original does', () => {
    const { config, warnings } = parseClientConfig(
      `${CLIENT}  dstOverrides:\n  - {ifName: a, dstAddr: "x.de:1"}\n  - {ifName: a, dstAddr: "y.de:1"}\n`,
      'f',
    );
    expect(config.dstOverrides).toEqual([{ ifName: 'a', dstAddr: { host: 'x.de', port: 1 } }]);
    expect(warnings).toMatchObject([
      {
        severity: 'warning',
        line: 6,
        column: 14,
        message: 'found "a" again, ignored; the override on line 5 counts',
      },
    ]);
  });

  it("leaves the server's section unread", () => {
    expect(problems(parseClientConfig, `${CLIENT}server: { listenAddr: [1], oops: 2, oops: 3 }\n`)).toEqual(
      [],
    );
  });

  it('reports everything at once, in the order of the file', () => {
    const text = `cleint: 1
client:
  listenAddr: 127.0.0.1:99999
  dstAdr: server.example.com:59402
  writeTimeout: "10"
  paths: [{ name: a }, { srcAddr: 1.2.3.4:5 }]
  writeTimeout: 10
`;
    expect(problems(parseClientConfig, text)).toEqual([
      '1:1: warning: cleint: unknown key, ignored; the nearest known key is "client"',
      '2:1: error: client.dstAddr: missing, want a host and a port, such as "server.example.com:59402"',
      '3:15: error: client.listenAddr: found "127.0.0.1:99999", want a port from 1 to 65535 after the last colon',
      '4:3: warning: client.dstAdr: unknown key, ignored; the nearest known key is "dstAddr"',
      '5:17: error: client.writeTimeout: found "10", want a whole number of milliseconds; negative for no limit, 0 for the default',
      '6:24: error: client.paths[1].name: missing, want a name of your choice',
      '6:35: error: client.paths[1].srcAddr: found "1.2.3.4:5", want an IP address of this machine, without a port',
      '7:3: error: client.writeTimeout: found again (first on line 5), want it once',
    ]);
  });

  it.each([
    [
      '',
      '1:1: error: client: missing, want a section "client:" with listenAddr and dstAddr indented below it',
    ],
    [
      '- a\n',
      '1:1: error: client: missing, want a section "client:" with listenAddr and dstAddr indented below it',
    ],
    [
      SERVER,
      '1:1: error: client: found only "server:", which rengarde-server reads, want a section "client:" with listenAddr and dstAddr indented below it',
    ],
    [
      'client: 5\n',
      '1:9: error: client: found a single value, want keys such as listenAddr and dstAddr, indented below it',
    ],
    ['client:\n\tlistenAddr: :1\n', '2:1: error: not valid YAML: found a tab, want spaces for indentation'],
    [
      'client:\n  listenAddr :1\n  dstAddr: x\n',
      '2:3: error: not valid YAML: found a line without ": ", want "key: value"',
    ],
    [
      'client: {listenAddr: ":1"\n',
      '2:1: error: not valid YAML: found wrong indentation or an unclosed bracket, want all keys of one level in the same column',
    ],
    [`a: ${'['.repeat(5000)}`, expect.stringContaining('nested too deeply')],
    [
      `${CLIENT}---\nx: 1\n`,
      '4:1: error: not valid YAML: found a second document after "---", want one document per file',
    ],
    [
      `${CLIENT}  description: *oops\n`,
      '4:16: error: client.description: found an alias ("*…") without an anchor before it; a text that begins with "*" goes in quotes',
    ],
    [
      `${CLIENT}  <<: { a: b }\n`,
      '4:3: error: client."<<": found a merge key, want the merged keys written out',
    ],
    [
      `${CLIENT}  interfaceLabels: { ? [a] : b }\n`,
      '4:24: error: client.interfaceLabels: found a list, a mapping or an alias as a key, want a plain name',
    ],
    [
      `${CLIENT}  excludedInterfaces: wlan0\n`,
      '4:23: error: client.excludedInterfaces: found a single value, want a list of interface names, each on its own line after "- "',
    ],
    [
      `${CLIENT}  excludedInterfaces: [a, , b]\n`,
      '4:27: error: not valid YAML: found text that does not belong here, want "key: value" lines, or "- item" lines for a list',
    ],
    [
      `${CLIENT}  excludedInterfaces:\n    -\n    - b\n`,
      '5:6: warning: client.excludedInterfaces[0]: found an empty entry, ignored; want a value after "- "',
    ],
    [
      `${CLIENT}  interfaceLabels: { Local Area 4: [a] }\n`,
      '4:36: error: client.interfaceLabels."Local Area 4": found a list, want a text',
    ],
    [
      `${CLIENT}  maxDatagramSize: 575\n`,
      '4:20: error: client.maxDatagramSize: found 575, want a whole number of bytes from 576 to 65507',
    ],
    [
      `${CLIENT}  maxDatagramSize: 65508\n`,
      '4:20: error: client.maxDatagramSize: found 65508, want a whole number of bytes from 576 to 65507',
    ],
    [
      `${CLIENT}  webManager: { listenAddr: "a.de:80" }\n`,
      '4:29: error: client.webManager.listenAddr: found "a.de:80", want an IP address of this machine before the port, or none for all of them: ":80"',
    ],
    [
      `${CLIENT}  dstOverrides: [{ ifName: eth0, nmae: 1 }]\n`,
      '4:18: error: client.dstOverrides[0].dstAddr: missing, want a host and a port, such as "198.51.100.32:59402"\n4:34: warning: client.dstOverrides[0].nmae: unknown key, ignored; the nearest known key is "ifName"',
    ],
    [
      `${CLIENT}  excludedInterfaces: ["eth*", lo]\n  includedInterfaces: [+eth0, wlan0]\n`,
      '5:24: error: client.includedInterfaces[0]: found "+eth0", which excludedInterfaces leaves out on line 4, want it in one list only',
    ],
    [
      `${CLIENT}  paths: [{ name: a }, { name: a }]\n`,
      '4:32: error: client.paths[1].name: found "a" again (first on line 4), want another name',
    ],
    [
      `${CLIENT}  paths: [{ name: a, ifName: eth0 }]\n  excludedInterfaces: [eth0]\n`,
      '4:30: error: client.paths[0].ifName: found "eth0", which excludedInterfaces leaves out on line 5, want it in one place only',
    ],
    [
      `${CLIENT}  paths: [{ name: a, srcAddr: "::1", dstAddr: 1.2.3.4:5 }]\n`,
      '4:31: error: client.paths[0].srcAddr: found ::1 (IPv6), want an IPv4 address, as the destination is 1.2.3.4:5',
    ],
    [
      `${CLIENT}  paths: [{ name: a, ifName: b, srcAddr: 1.2.3.4 }]\n  dstOverrides: [{ ifName: b, dstAddr: "[::2]:5" }]\n`,
      '4:42: error: client.paths[0].srcAddr: found 1.2.3.4 (IPv4), want an IPv6 address, as the destination is [::2]:5',
    ],
    [
      'client: { listenAddr: ":5", dstAddr: "localhost:5" }\n',
      '1:38: error: client.dstAddr: found localhost:5, where client.listenAddr listens, want another address: packets would go in circles',
    ],
    [
      `${CLIENT}  description: !mine x\n`,
      `4:16: warning: : not valid YAML: found a tag ("!…") that is not known; a text that begins with "!" goes in 'single quotes'`,
    ],
  ])('%j', (text, wanted) => {
    const found = problems(parseClientConfig, text);
    expect(typeof wanted === 'string' ? found : found[0]).toEqual(
      typeof wanted === 'string' ? wanted.split('\n') : wanted,
    );
  });

  it.each([
    'password: [hunter2]',
    'password: *hunter2',
    'password: "hunter2\\q"',
    'password: @hunter2',
    'password: hunter2: x',
    'password: !hunter2 [x]',
    'password: &hunter2 [x]',
    'password: "hunter2',
    'password hunter2',
    'password: {hunter2: 1}',
    'hunter2',
    'listenAddr: admin:hunter2@1.2.3.4:5',
    'listenAddr: hunter2@host',
  ])('never shows a password: %j', (line) => {
    const found = problems(parseClientConfig, `${CLIENT}  webManager:\n    ${line}\n`);
    expect(found).not.toEqual([]);
    expect(found.join('\n')).not.toContain('hunter2');
  });

  it('keeps every problem on one printable line', () => {
    const [line] = problems(
      parseClientConfig,
      'client: { listenAddr: ":1", dstAddr: "a\\n\\e[2Jb\\x9b\\u202e:5" }',
    );
    expect(line).toContain(String.raw`found "a\n\u001b[2Jb\u{9b}\u{202e}:5"`);
  });
});

describe('parseServerConfig()', () => {
  it('fills in every default', () => {
    expect(parseServerConfig(SERVER, 'f').config).toEqual({
      role: 'server',
      description: '',
      listenAddr: { host: '0.0.0.0', port: 59402 },
      dstAddr: { host: '127.0.0.1', port: 59301 },
      writeTimeoutMs: 10,
      maxDatagramBytes: 9216,
      clientTimeoutMs: 30_000,
      protocol: 'wireguard',
      deduplicate: true,
      lowLatency: false,
      maxSessions: 2048,
      maxUnconfirmedSessions: 1024,
      maxPathsPerSession: 16,
      newAddressesPerSecond: 1000,
    });
  });

  it.each([
    [0, 30_000],
    [1, 1000],
    [90, 90_000],
  ])('takes clientTimeout %i for %i ms', (written, ms) => {
    expect(parseServerConfig(`${SERVER}  clientTimeout: ${written}\n`, 'f').config.clientTimeoutMs).toBe(ms);
  });

  it("refuses a negative clientTimeout and warns of the client's keys", () => {
    expect(problems(parseServerConfig, `${SERVER}  clientTimeout: -1\n  paths: []\n`)).toEqual([
      '4:18: error: server.clientTimeout: found -1, want a whole number of seconds, 1 or more; 0 for the default',
      '5:3: warning: server.paths: unknown key, ignored; the nearest known key is "protocol"',
    ]);
  });

  it('reads wireguardPublicKey into its 32 bytes, and refuses what is no key', () => {
    const key = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';
    const { wireguardPublicKey } = parseServerConfig(`${SERVER}  wireguardPublicKey: ${key}\n`, 'f').config;
    expect(Buffer.from(wireguardPublicKey!).toString('base64')).toBe(key);
    expect(wireguardPublicKey).toHaveLength(32);
    expect(problems(parseServerConfig, `${SERVER}  wireguardPublicKey: ${key.slice(1)}\n`)).toEqual([
      expect.stringMatching(
        /^4:23: error: server.wireguardPublicKey: found .*, want a WireGuard public key: 44/,
      ),
    ]);
  });
});

describe('both parsers', () => {
  it('throw nothing but ConfigError, whatever the text', () => {
    const keys = [...Object.keys(clientSection.shape), ...Object.keys(serverSection.shape), 'ifName', 'name'];
    const odd = [
      '__proto__',
      '<<',
      'constructor',
      '*a',
      '&a ',
      '!!binary ',
      '!x ',
      '[',
      ']',
      '{',
      '}',
      '?',
      '- ',
      '\t',
    ];
    const values = [
      '~',
      '',
      '.inf',
      '.nan',
      '1e400',
      '0x10',
      ':1',
      '"\\x00"',
      '|',
      '>-',
      '---',
      '...',
      '%YAML 1.1',
      '#',
    ];
    const piece = fc.oneof(
      fc.constantFrom(...keys, ...odd, ...values, 'client', 'server', '[::1]:5'),
      fc.string({ maxLength: 8 }),
    );
    const line = fc
      .tuple(fc.nat(3), fc.array(piece, { minLength: 1, maxLength: 3 }), fc.constantFrom(': ', ' ', ''))
      .map(([depth, pieces, glue]) => '  '.repeat(depth) + pieces.join(glue));
    const text = fc
      .tuple(fc.constantFrom('', CLIENT, SERVER, CLIENT + SERVER), fc.array(line, { maxLength: 12 }))
      .map(([start, lines]) => start + lines.join('\n'));
    fc.assert(
      fc.property(text, (text) => {
        problems(parseClientConfig, text);
        problems(parseServerConfig, text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('schema', () => {
  it.each([
    ['client', clientSection],
    ['server', serverSection],
  ])('of the %s becomes a JSON Schema with a description of every key', (_role, section) => {
    const undescribed: string[] = [];
    const visit = (schema: z.core.JSONSchema.BaseSchema, path: string) => {
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        if (typeof value !== 'object' || !value.description) undescribed.push(`${path}.${key}`);
        else visit(value, `${path}.${key}`);
      }
      if (typeof schema.items === 'object' && !Array.isArray(schema.items)) visit(schema.items, `${path}[]`);
    };
    visit(z.toJSONSchema(section, { io: 'input' }), '');
    expect(undescribed).toEqual([]);
  });
});
