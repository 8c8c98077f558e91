/** What `rengarde doctor` reads of others: wg's and ip's output, a control socket's answer, tables in /proc. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { parseRoute } from '../../../src/doctor/probes/routes.ts';
import { parseTable } from '../../../src/doctor/probes/sockets.ts';
import { parseDump } from '../../../src/doctor/probes/wireguard.ts';
import { parseSettings } from '../../../src/doctor/probes/wireguard-socket.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const KEY = Buffer.alloc(32, 5);

export const target: Target = {
  what: 'output of wg and ip, control sockets, /proc/net/udp',
  run(bytes) {
    const input = new Input(bytes);
    const which = input.u8() % 4;
    const text = input.rest().toString('latin1');
    if (which === 0) parseDump(text);
    else if (which === 1) parseSettings(text);
    else if (which === 2) {
      const route = parseRoute(text);
      assert(route === undefined || typeof route.device === 'string');
      assert(['undefined', 'number'].includes(typeof route?.mtu));
    } else
      for (const { address, port } of parseTable(text))
        assert(isIP(address) !== 0 && port >= 0 && port < 65_536);
  },
  seeds: () => [
    `\0${KEY.toString('base64')}\t(none)\t51820\toff\n${KEY.toString('base64')}\t(none)\t192.0.2.1:1\t::/0\t9\t1\t2\t25\n`,
    `\x01private_key=${KEY.toString('hex')}\nlisten_port=5\npublic_key=${KEY.toString('hex')}\nendpoint=[::1]:5\nallowed_ip=::/0\nlast_handshake_time_sec=9\npersistent_keepalive_interval=25\nerrno=0\n\n`,
    '\x02[{"dst":"192.0.2.1","gateway":"192.0.2.254","dev":"eth0","metrics":[{"mtu":1400}]}]',
    '\x03  sl  local_address\n  1: 0100007F:E76A 00000000:0000 07 00000000:00000000 00:00000000 00000000   0 0 123 2 0 0\n',
    '\x03  sl  local_address\n 1: 00000000000000000000000001000000:E76A 0:0 07 0:0 00:0 0 0 0 123 2 0 0\n',
  ],
};
