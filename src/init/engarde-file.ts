/*
 * The text of an engarde.yml for each side, with a comment above every key. What the keys mean is
 * config/schema.ts's; all of them are in engarde.yml.sample.
 */

const HEAD = `# More keys are in engarde.yml.sample and docs/configuration.md. "rengarde check FILE" finds mistakes in this
# file, "rengarde doctor FILE" those around it.`;

/** What a client's file says. Addresses as they are written there. */
export interface ClientFile {
  readonly description: string;
  readonly listenAddr: string;
  readonly dstAddr: string;
  readonly excluded: readonly string[];
  readonly included: readonly string[];
  readonly overrides: readonly { readonly ifName: string; readonly dstAddr: string }[];
  /** Comment lines about the interfaces found; empty when the file is for another host. */
  readonly found: readonly string[];
}

/** What a server's file says. */
export interface ServerFile {
  readonly description: string;
  readonly listenAddr: string;
  readonly dstAddr: string;
  /** Absent: a comment tells how to add it. */
  readonly wireguardPublicKey?: string;
}

export function clientFileText(file: ClientFile): string {
  const found = file.found.length === 0 ? [] : ['Found here when this file was made:', ...file.found];
  return lines(
    '# engarde.yml of the client, the side with several links, made by "rengarde init".',
    HEAD,
    'client:',
    '  # Free text, shown at start and in the web interface.',
    `  description: ${spell(file.description)}`,
    '',
    "  # Where WireGuard's packets arrive: the Endpoint in this host's WireGuard file.",
    `  listenAddr: ${spell(file.listenAddr)}`,
    '',
    '  # Where rengarde-server listens.',
    `  dstAddr: ${spell(file.dstAddr)}`,
    '',
    "  # Interfaces that are never used. WireGuard's own is one of them: the tunnel must not run through itself.",
    ...found.map((line) => `  # ${line}`),
    '  excludedInterfaces:',
    ...file.excluded.map((name) => `    - ${spell(name)}`),
    ...list('  # Only these interfaces are used.', 'includedInterfaces', file.included.map(spell)),
    ...list(
      '  # Where rengarde-server is reached from single interfaces.',
      'dstOverrides',
      file.overrides.map(
        ({ ifName, dstAddr }) => `ifName: ${spell(ifName)}\n      dstAddr: ${spell(dstAddr)}`,
      ),
    ),
    '',
    ...webManager(9001),
  );
}

export function serverFileText(file: ServerFile): string {
  const key = file.wireguardPublicKey;
  return lines(
    '# engarde.yml of the server, the side with one stable address, made by "rengarde init".',
    HEAD,
    'server:',
    '  # Free text, shown at start and in the web interface.',
    `  description: ${spell(file.description)}`,
    '',
    '  # Where clients arrive: open this UDP port in the firewall.',
    `  listenAddr: ${spell(file.listenAddr)}`,
    '',
    '  # Where the local WireGuard listens: its ListenPort, which stays closed to the outside.',
    `  dstAddr: ${spell(file.dstAddr)}`,
    '',
    "  # The local WireGuard's public key: handshakes that were not made for it end here.",
    key === undefined
      ? '  # "wg show INTERFACE public-key" prints it.\n  # wireguardPublicKey: ""'
      : `  wireguardPublicKey: ${key}`,
    '',
    ...webManager(9002),
  );
}

/** As YAML reads it back as the same text: plain where it cannot be taken for anything else. */
function spell(text: string): string {
  const isPlain = /^(?:[a-z][\w.-]*|\d+\.\d+\.\d+\.\d+:\d+|[a-z][\w.-]*:\d+)$/i.test(text);
  return isPlain && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : JSON.stringify(text);
}

function list(comment: string, key: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', comment, `  ${key}:`, ...items.map((item) => `    - ${item}`)];
}

function webManager(port: number): string[] {
  return [
    `  # The web interface, http://127.0.0.1:${port}/ on this host only; from elsewhere:`,
    `  # ssh -L ${port}:127.0.0.1:${port} THIS-HOST`,
    '  webManager:',
    `    listenAddr: 127.0.0.1:${port}`,
  ];
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
