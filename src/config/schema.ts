/*
 * The keys of engarde.yml: types, limits, defaults and a description of each. Every zod message says
 * what is wanted ("found X, want <message>"). What one key alone cannot show is in contradictions.ts.
 * The JSON Schema of it is made by json-schema.ts.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { type HostPort, isHost, parseDstAddr, parseListenAddr } from './host-port.ts';

/** Used for an absent `writeTimeout`, and for 0, which the original takes for an absent one. */
export const DEFAULT_WRITE_TIMEOUT_MS = 10;
/** Used for an absent `clientTimeout`, and for 0, which the original takes for an absent one. */
export const DEFAULT_CLIENT_TIMEOUT_S = 30;
const DEFAULT_MAX_DATAGRAM_BYTES = 9216; // jumbo frames of 9,000 bytes, rounded up
const MIN_MAX_DATAGRAM_BYTES = 576; // what every IPv4 host must accept, RFC 791 section 3.1
const MAX_MAX_DATAGRAM_BYTES = 65_507; // 65,535 less the IPv4 and UDP headers
const DEFAULT_MAX_SESSIONS = 2048;
const DEFAULT_MAX_UNCONFIRMED_SESSIONS = 1024; // after a restart every client is unconfirmed for a moment
const DEFAULT_MAX_PATHS_PER_SESSION = 16;
const DEFAULT_NEW_ADDRESSES_PER_SECOND = 1000;
const MAX_THREADS = 16;
const PUBLIC_KEY = 'a WireGuard public key: 44 characters, as `wg show INTERFACE public-key` prints it';
const MAX_TIMER_MS = 2 ** 31 - 1; // a longer delay fires at once in Node

/** `parse` returns a string when the text is no address: what is wanted instead. */
function address(parse: (text: string) => HostPort | string, what: string, example: string) {
  const written = z
    .string(`${what}, such as "${example}"`)
    .meta({ pattern: ':[0-9]{1,5}$', examples: [example] }); // for editors: `parse` knows more
  return written.transform((value, context): HostPort => {
    const parsed = parse(value);
    if (typeof parsed !== 'string') return parsed;
    context.addIssue({ code: 'custom', message: parsed });
    return z.NEVER;
  });
}

function listenAddr(example: string) {
  return address(parseListenAddr, 'an IP address of this machine and a port', example);
}

function dstAddr(example: string) {
  return address(parseDstAddr, 'a host and a port', example);
}

function whole(min: number, max: number, wanted: string) {
  return z.number(wanted).int(wanted).min(min, wanted).max(max, wanted);
}

function limit(byDefault: number, min: number, max: number) {
  return whole(min, max, `a whole number from ${min} to ${max}`).default(byDefault);
}

const text = z.string('a text').default('');
const interfaceName = z.string('the name of an interface').min(1, 'the name of an interface');
const interfaceList = z
  .array(interfaceName, 'a list of interface names, each on its own line after "- "')
  .default([]);

const fileName = z.string('the name of a PEM file').min(1, 'the name of a PEM file');
const TOKEN = 'a text of letters, digits and signs, without spaces';
const HOST = 'a host name or an IP address, without a port';

const tls = z.object(
  {
    certificateFile: fileName.describe('PEM file of the certificate, with those between it and its root.'),
    keyFile: fileName.describe("PEM file of the certificate's private key."),
  },
  'the keys certificateFile and keyFile, indented below tls',
);

const webManager = z
  .object(
    {
      listenAddr: listenAddr('127.0.0.1:9001')
        .exactOptional()
        .describe('IP address and port of the management server; empty: none.'),
      username: text.describe('User name for HTTP Basic authentication.'),
      password: text.describe('Password for HTTP Basic authentication; with an empty user name too: none.'),
      metricsToken: z
        .string(TOKEN)
        .regex(/^[!-~]*$/, TOKEN)
        .default('')
        .describe('Token with which GET /metrics is answered too; empty: none.'),
      tls: tls
        .exactOptional()
        .describe("HTTPS instead of HTTP; file names are relative to this file's directory."),
      allowedHosts: z
        .array(
          z
            .string(HOST)
            .refine(isHost, HOST)
            .transform((host) => host.toLowerCase()),
          'a list of host names, each on its own line after "- "',
        )
        .default([])
        .describe("Names by which browsers reach it, if not by this machine's: a proxy's, for example."),
      allowInsecure: z
        .boolean('true or false')
        .default(false)
        .describe('Listen where other machines reach it even without a username and password of your own.'),
    },
    'the keys listenAddr, username and password, indented below webManager',
  )
  .prefault({})
  .describe('The management server: web interface and HTTP API.');

const common = {
  description: text.describe('Shown at start and in the web interface.'),
  writeTimeout: whole(
    -MAX_TIMER_MS,
    MAX_TIMER_MS,
    'a whole number of milliseconds; negative for no limit, 0 for the default',
  )
    .default(DEFAULT_WRITE_TIMEOUT_MS)
    .describe('Accepted for compatibility, without effect: no write ever waits here.'),
  maxDatagramSize: whole(
    MIN_MAX_DATAGRAM_BYTES,
    MAX_MAX_DATAGRAM_BYTES,
    `a whole number of bytes from ${MIN_MAX_DATAGRAM_BYTES} to ${MAX_MAX_DATAGRAM_BYTES}`,
  )
    .default(DEFAULT_MAX_DATAGRAM_BYTES)
    .describe('Bytes of the longest datagram carried; longer ones are dropped and counted.'),
  protocol: z
    .enum(['wireguard', 'any'], 'wireguard or any')
    .default('wireguard')
    .describe('What is carried; any: other UDP too, one client, without sessions, filter and link quality.'),
  deduplicate: z
    .boolean('true or false')
    .default(true)
    .describe('Drop late copies here, before WireGuard pays to decrypt them.'),
  lowLatency: z
    .boolean('true or false')
    .default(false)
    .describe('While packets flow, look for the next one without a pause: sooner, for a whole core.'),
  webManager,
};

const dstOverride = z.object(
  {
    ifName: interfaceName.describe('The interface, by its exact name.'),
    dstAddr: dstAddr('198.51.100.32:59402').describe('Host and port to send to from this interface.'),
  },
  'the keys ifName and dstAddr',
);

const pathEntry = z.object(
  {
    name: z.string('a name of your choice').min(1, 'a name of your choice').describe('Name; unique.'),
    ifName: interfaceName
      .exactOptional()
      .describe('Interface to send through; absent: by the routing table.'),
    srcAddr: z
      .string('an IP address of this machine')
      .refine((value) => isIP(value) !== 0, 'an IP address of this machine, without a port')
      .exactOptional()
      .describe('Source IP address; absent: chosen by the system.'),
    dstAddr: dstAddr('198.51.100.32:59402')
      .exactOptional()
      .describe("Host and port to send to; absent: the interface's override, else the section's dstAddr."),
    excluded: z.boolean('true or false').default(false).describe('true: configured, but not used.'),
  },
  'the key name and, as needed, ifName, srcAddr and dstAddr',
);

/** The `client` section as written. */
export const clientSection = z.object({
  ...common,
  listenAddr: listenAddr('127.0.0.1:59401').describe(
    "IP address and port on which WireGuard's packets arrive; the peer's endpoint in WireGuard.",
  ),
  dstAddr: dstAddr('server.example.com:59402').describe('Host and port of the server.'),
  excludedInterfaces: interfaceList.describe('Interfaces never used: names or globs.'),
  includedInterfaces: interfaceList.describe(
    'Names or globs: use only these; with "+" in front: use these too though left out by default.',
  ),
  interfaceLabels: z
    .record(z.string(), z.string('a text'), 'one "interface name: label" per line, indented')
    .default({})
    .describe('Interface name to label shown in the web interface.'),
  dstOverrides: z
    .array(dstOverride, 'a list of entries with ifName and dstAddr')
    .default([])
    .describe('Other destinations for single interfaces.'),
  paths: z
    .array(pathEntry, 'a list of entries with name and, as needed, ifName, srcAddr and dstAddr')
    .default([])
    .describe('Explicit paths instead of one for each interface.'),
});

/** The `server` section as written. */
export const serverSection = z.object({
  ...common,
  listenAddr: listenAddr('0.0.0.0:59402').describe('IP address and port on which clients arrive.'),
  dstAddr: dstAddr('127.0.0.1:59301').describe('Host and port of the local WireGuard.'),
  clientTimeout: whole(
    0,
    Math.floor(MAX_TIMER_MS / 1000),
    'a whole number of seconds, 1 or more; 0 for the default',
  )
    .default(DEFAULT_CLIENT_TIMEOUT_S)
    .describe('Seconds without a packet after which an address gets no more traffic; 0: the default.'),
  wireguardPublicKey: z
    .string(PUBLIC_KEY)
    .regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, PUBLIC_KEY)
    .optional()
    .describe("Public key of this host's WireGuard: handshakes that were not made for it get no further."),
  maxSessions: limit(DEFAULT_MAX_SESSIONS, 1, 16_384).describe('WireGuard clients served at the same time.'),
  maxUnconfirmedSessions: limit(DEFAULT_MAX_UNCONFIRMED_SESSIONS, 1, 16_384).describe(
    'Of those, clients that WireGuard has not answered yet.',
  ),
  maxPathsPerSession: limit(DEFAULT_MAX_PATHS_PER_SESSION, 1, 31).describe(
    'Addresses that one client sends from.',
  ),
  newAddressesPerSecond: limit(DEFAULT_NEW_ADDRESSES_PER_SECOND, 1, 1_000_000).describe(
    'Addresses taken in per second that prove nothing; those of known clients do not count.',
  ),
  threads: whole(1, MAX_THREADS, `a whole number from 1 to ${MAX_THREADS}`)
    .optional()
    .describe('Threads that carry packets, each its own clients; absent: by the number of cores.'),
});
