/** An existing wg-quick file, for both hosts: refused, or changed so that it says what was wanted and no more. */
import assert from 'node:assert/strict';
import { changeClient, changeServer, endpointOf, hostOf, readExisting } from '../../../src/init/adopt.ts';
import { InitError } from '../../../src/init/init-error.ts';
import { parseWgQuick } from '../../../src/init/wg-quick.ts';
import { keyPairs } from '../../init/samples.ts';
import type { Target } from '../target.ts';

const ENDPOINT = '127.0.0.1:59401';

export const target: Target = {
  what: 'wg-quick files',
  run(bytes) {
    const text = bytes.toString('utf8');
    try {
      const file = parseWgQuick(text, 'wg0.conf');
      assert.equal(file.lines.join('\n'), text);
      hostOf(file);
      checked('server', text, (one) => changeServer(one, 1_360, true).text);
      checked('client', text, (one) => changeClient(one, ENDPOINT, 1_360, false).text);
    } catch (error) {
      if (!(error instanceof InitError)) throw error;
      assert(!/[\p{Cc}\u2028\u2029]/u.test(error.message), JSON.stringify(error.message));
    }
  },
  seeds: () => [
    `[Interface]\nPrivateKey = ${keyPairs[0].privateKey}\nAddress = 10.0.0.2/24, fd20::2/64\nMTU=1420 # x\n\n[Peer]\nPublicKey = ${keyPairs[1].publicKey}\nEndpoint = vpn.example:51820\nAllowedIPs = 0.0.0.0/0\nPersistentKeepalive = 25\n`,
    `[interface]\r\nListenPort = 51820\r\nPrivateKey = ${keyPairs[1].privateKey}\r\nSaveConfig = true\r\n[PEER]\r\nPublicKey = ${keyPairs[0].publicKey}\r\nAllowedIPs = 10.0.0.2/32`,
  ],
  words: [
    '\n',
    '\r\n',
    ' = ',
    '# ',
    '[Peer]',
    '[Interface]',
    'MTU = ',
    'ListenPort = ',
    'Endpoint = ',
    '[::1]:5',
    '\u2028',
  ],
};

type File = Parameters<typeof readExisting>[0];

function checked(host: 'client' | 'server', text: string, change: (file: File) => string): void {
  const existing = (content: string): File => ({
    kind: 'existing',
    file: parseWgQuick(content, 'wg0.conf'),
    host,
    listenPort: 59_301,
  });
  readExisting(existing(text));
  const changed = change(existing(text));
  if (host === 'client')
    assert.deepEqual(endpointOf(existing(changed).file), { host: '127.0.0.1', port: 59_401 });
  assert.equal(change(existing(changed)), changed);
}
