/** Raw bytes on connections to a manager that listens: it answers the next one, and tells strangers nothing. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { basic, listeningManager } from '../../manager/running-manager.ts';
import type { Target } from '../target.ts';

const LONGEST_WAIT_MS = 200;
const RIGHT = basic('admin', 'secret');
const running = await listeningManager({ settings: { username: 'admin', password: 'secret' } });
const { hostname, port } = new URL(running.url());
let trials = 0;

export const target: Target = {
  what: "bytes to the manager's port",
  async run(bytes) {
    const { control } = running;
    control.actions.length = 0;
    const answer = await converse(bytes);
    assert(!/^HTTP\/1\.1 500/m.test(answer.split('\r\n\r\n', 1)[0]!), answer.slice(0, 300));
    if (!bytes.includes(RIGHT.authorization!.slice(6))) {
      assert.deepEqual(control.actions, []);
      assert(!/^HTTP\/1\.1 2/m.test(answer), answer.slice(0, 300));
    }
    assert.equal(running.logged.splice(0).join('\n'), '');
    trials++;
    if (trials % 100 === 0)
      assert.equal((await running.ask('/api/v2/instance', { headers: RIGHT })).status, 200);
  },
  seeds: () => [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    `GET /api/v2/overview HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${RIGHT.authorization}\r\n\r\n`,
    'POST /api/v2/exclusions/reset HTTP/1.1\r\nHost: [::1]:1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    `POST /api/v1/exclude HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\nAuthorization: ${RIGHT.authorization}\r\n\r\n{"interface":"eth0"}`,
    'GET http://localhost/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ],
  words: [
    '\r\n',
    '\r\n\r\n',
    'Host: ',
    'Content-Length: ',
    'Transfer-Encoding: chunked',
    'HTTP/1.1',
    'GET ',
    'CONNECT ',
    'Expect: 100-continue',
    'Connection: close',
    'Upgrade: ',
    '%00',
    ' HTTP/1.0\r\n',
  ],
  slowMs: 2_000,
};

/** What comes back until the server closes, or until nothing has come for a while. */
function converse(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    // From an address of its own, for who tries a wrong password too often has to wait.
    const localAddress = `127.${1 + ((trials >> 16) % 200)}.${(trials >> 8) & 255}.${trials & 255}`;
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    socket.setTimeout(LONGEST_WAIT_MS, () => socket.destroy());
    socket.on('error', () => {}); // reset: 'close' follows
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.length > 100_000 || answer.includes('text/event-stream')) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.end(bytes);
  });
}
