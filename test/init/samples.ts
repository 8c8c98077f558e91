/** A host, its keys and answers that the tests of src/init start from. */
import type { Answers, Facts } from '../../src/init/answers.ts';
import type { InterfaceKind, NetworkInterface } from '../../src/interfaces/index.ts';

/** Two pairs as `wg genkey` and `wg pubkey` print them; the client's first. */
export const keyPairs = [
  {
    privateKey: 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
    publicKey: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=',
  },
  {
    privateKey: 'oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=',
    publicKey: 'cL9S5KV5wAy/AsKyYct3qz9BHxe5FYqxlb/eDthF/VY=',
  },
] as const;

export function link(name: string, kind: InterfaceKind, address: string, mtu = 1500): NetworkInterface {
  const family = address.includes(':') ? 6 : 4;
  const usable = kind !== 'loopback';
  return {
    name,
    kind,
    mtu,
    index: 1,
    isUp: true,
    hasCarrier: true,
    addresses: [{ family, address, prefixLength: family === 4 ? 24 : 64, usable }],
  };
}

/** A van: two modems, a container's bridge. */
export function van(): Facts {
  let next = 0;
  return {
    hostName: 'van3',
    interfaces: [
      link('lo', 'loopback', '127.0.0.1', 65_536),
      link('eth0', 'ethernet', '192.0.2.7'),
      link('wwan0', 'mobile', '100.64.3.9', 1428),
      link('docker0', 'container', '172.17.0.1'),
    ],
    newKeys: () => keyPairs[next++ % 2]!,
  };
}

/** Both hosts' files, WireGuard from zero. */
export const fromZero: Answers = {
  role: 'both',
  server: { host: '203.0.113.10', port: 59402 },
  clientPort: 59401,
  wireguard: {
    kind: 'new',
    interfaceName: 'wg0',
    listenPort: 59301,
    tunnel: [{ address: '10.20.0.0', prefixLength: 24 }],
    clientNumber: 2,
  },
  excluded: [],
  used: [],
  overrides: [],
};
