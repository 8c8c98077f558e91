import { describe, expect, it } from 'vitest';
import { keyPairs, link, van } from '../../test/init/samples.ts';
import type { Asker } from './asker.ts';
import type { Flags } from './flags.ts';
import { completeAnswers, type Surroundings } from './questions.ts';

const FILE = '/etc/wireguard/home.conf';
const CLIENT = `[Interface]\n[Peer]\nPublicKey = ${keyPairs[1].publicKey}\nEndpoint = vpn.example.com:51820\n`;
const SERVER = `[Interface]\nListenPort = 51820\n[Peer]\nPublicKey = ${keyPairs[0].publicKey}\n`;

function here(files: Record<string, string> = {}): Surroundings {
  return { ...van(), read: async (file) => files[file]!, candidates: Object.keys(files) };
}

/** Answers in turn: a text for text, a value or a list of values for choices. Undefined takes what is offered. */
function scripted(...answers: (string | readonly string[] | undefined)[]): { asker: Asker; asked: string[] } {
  const asked: string[] = [];
  const next = (message: string) => {
    asked.push(message);
    if (answers.length === 0) throw new Error(`Not expected: ${message}`);
    return answers.shift();
  };
  const asker: Asker = {
    text: async (message, check, initial) => {
      const answer = (next(message) as string | undefined) ?? initial ?? '';
      const verdict = check(answer);
      if (verdict !== true) throw new Error(verdict);
      return answer;
    },
    choose: async (message, choices) => {
      const wanted = next(message);
      return (choices.find(({ value }) => value === wanted) ?? choices[0]!).value;
    },
    chooseSome: async (message, choices) => {
      const wanted = next(message) as readonly string[] | undefined;
      return choices.map(({ value }) => value).filter((value) => wanted?.includes(value) ?? true);
    },
    confirm: async (message) => next(message) === 'yes',
  };
  return { asker, asked };
}

describe('completeAnswers() with nobody to ask', () => {
  const complete = (flags: Flags, files?: Record<string, string>) => completeAnswers(flags, here(files));

  it('takes defaults for what no flag says', async () => {
    expect(await complete({ server: '203.0.113.10' })).toEqual({
      role: 'both',
      server: { host: '203.0.113.10', port: 59402 },
      clientPort: 59401,
      wireguard: { kind: 'none', interfaceName: 'wg0', listenPort: 59301 },
      excluded: [],
      used: [],
      overrides: [],
    });
  });

  it('takes every flag', async () => {
    const flags: Flags = {
      role: 'client',
      server: '[2001:db8::7]:7000',
      withWireguard: true,
      interface: 'wg7',
      tunnel: '10.9.0.0/24,fd09::/64',
      clientNumber: '9',
      wireguardPort: '7001',
      clientPort: '7002',
      peerPublicKey: keyPairs[1].publicKey,
      use: ['eth0', 'wwan0'],
      exclude: ['docker0'],
      override: ['eth0=192.0.2.9', 'wwan0=b.example:7'],
      mtu: '1300',
    };
    expect(await complete(flags)).toEqual({
      role: 'client',
      server: { host: '2001:db8::7', port: 7000 },
      clientPort: 7002,
      wireguard: {
        kind: 'new',
        interfaceName: 'wg7',
        listenPort: 7001,
        tunnel: [
          { address: '10.9.0.0', prefixLength: 24 },
          { address: 'fd09::', prefixLength: 64 },
        ],
        clientNumber: 9,
        peerPublicKey: keyPairs[1].publicKey,
      },
      excluded: ['docker0'],
      used: ['eth0', 'wwan0'],
      overrides: [
        { ifName: 'eth0', dstAddr: { host: '192.0.2.9', port: 59402 } },
        { ifName: 'wwan0', dstAddr: { host: 'b.example', port: 7 } },
      ],
      mtuBytes: 1300,
    });
  });

  it('chooses a net that is free, except where the server has chosen', async () => {
    const busy = { ...here(), interfaces: [link('lan', 'ethernet', '10.20.0.5')] };
    const netOf = async (flags: Flags) => {
      const { wireguard } = await completeAnswers({ ...flags, server: 'a', withWireguard: true }, busy);
      return wireguard.kind === 'new' ? wireguard.tunnel[0]!.address : undefined;
    };
    expect(await netOf({})).toBe('10.21.0.0');
    expect(await netOf({ role: 'client', peerPublicKey: keyPairs[1].publicKey })).toBe('10.20.0.0');
  });

  it("reads the server's address from a client's file, and whose file it is", async () => {
    const client = await complete({ wireguard: FILE }, { [FILE]: CLIENT });
    expect(client).toMatchObject({ role: 'both', server: { host: 'vpn.example.com', port: 59402 } });
    const other = await complete({ wireguard: FILE, server: '192.0.2.1:7' }, { [FILE]: CLIENT });
    expect(other.server).toEqual({ host: '192.0.2.1', port: 7 });
    const server = await complete({ wireguard: FILE, server: '192.0.2.1' }, { [FILE]: SERVER });
    expect(server).toMatchObject({ role: 'server', wireguard: { host: 'server' } });
  });

  it.each<[flags: Flags, message: RegExp]>([
    [{}, /^Cannot write engarde\.yml without the server's public address, want --server HOST/],
    [{ server: 'x:0' }, /^Cannot use --server "x:0": want a port from 1 to 65535/],
    [{ server: '2001:db8::7:59402:x' }, /^Cannot use --server "2001:db8::7:59402:x": want /],
    [
      { server: 'a', role: 'both' },
      /^Cannot use --role "both": want client or server, or to be left out for both/,
    ],
    [{ server: 'a', interface: 'wg/0' }, /^Cannot use --interface "wg\/0": want the name/],
    [{ server: 'a', tunnel: '10.0.0.1/24' }, /^Cannot use --tunnel "10\.0\.0\.1\/24": want a subnet/],
    [
      { server: 'a', tunnel: '10.0.0.0/30', clientNumber: '3' },
      /^Cannot use --client-number "3": want a whole number from 2 to 2/,
    ],
    [{ server: 'a', clientNumber: '1' }, /^Cannot use --client-number "1"/],
    [{ server: 'a', wireguardPort: '70000' }, /^Cannot use --wireguard-port "70000"/],
    [{ server: 'a', clientPort: '1e3' }, /^Cannot use --client-port "1e3"/],
    [{ server: 'a', peerPublicKey: 'x' }, /^Cannot use --peer-public-key "x": want 44 characters/],
    [{ server: 'a', override: ['eth0'] }, /^Cannot use --override "eth0": want INTERFACE=HOST/],
    [{ server: 'a', mtu: '100' }, /^Cannot use --mtu "100"/],
    [{ server: 'a', wireguard: 'x', withWireguard: true }, /^Cannot take --wireguard and --with-wireguard/],
  ])('refuses %j', async (flags, message) => {
    await expect(complete(flags)).rejects.toThrow(message);
  });
});

describe('completeAnswers() with somebody to ask', () => {
  it('asks for what is not known, in five questions', async () => {
    const { asker, asked } = scripted('new', 'both', ' 203.0.113.10:7 ', undefined, ['wwan0']);
    const answers = await completeAnswers({}, here(), asker);
    expect(asked).toEqual([
      'WireGuard on this host:',
      'Which files do you need?',
      "The server's public address, with :PORT if not 59402:",
      'Addresses inside of the tunnel:',
      'Links that may carry the tunnel:',
    ]);
    expect(answers).toMatchObject({
      role: 'both',
      server: { host: '203.0.113.10', port: 7 },
      wireguard: { kind: 'new', tunnel: [{ address: '10.20.0.0', prefixLength: 24 }] },
      excluded: ['eth0'],
    });
  });

  it('asks nothing that a flag or the file says', async () => {
    const { asker, asked } = scripted(undefined, undefined);
    const flags = { wireguard: FILE, role: 'client' };
    const answers = await completeAnswers(flags, here({ [FILE]: CLIENT }), asker);
    expect(asked).toEqual([
      "The server's public address, with :PORT if not 59402:",
      'Links that may carry the tunnel:',
    ]);
    expect(answers).toMatchObject({ server: { host: 'vpn.example.com' }, excluded: [] });
  });

  it('asks for the file and, on a client of its own, for the key of the server', async () => {
    const file = scripted('existing', undefined, 'client', undefined, undefined);
    expect(await completeAnswers({}, here({ [FILE]: CLIENT }), file.asker)).toMatchObject({
      wireguard: { kind: 'existing', file: { file: FILE } },
    });
    const key = scripted(keyPairs[1].publicKey, undefined, undefined);
    const flags = { role: 'client', withWireguard: true, server: 'a' };
    expect(await completeAnswers(flags, here(), key.asker)).toMatchObject({
      wireguard: { peerPublicKey: keyPairs[1].publicKey },
    });
    expect(key.asked[0]).toBe("The public key of the server's WireGuard:");
  });

  it.each([
    ['', /^Want an IP address or a host name/],
    ['a b', /^Want an IP/],
    ['1.2.3', /^Want an IP/],
    ['a:0', /^Want a port from 1 to 65535/],
  ])('has another answer than %j given', async (address, wanted) => {
    const { asker } = scripted('new', 'both', address);
    await expect(completeAnswers({}, here(), asker)).rejects.toThrow(wanted);
  });
});
