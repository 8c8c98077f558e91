import { writeSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { opened } from '../../test/sockets/drive-linux.ts';
import { PlainCore } from '../../test/sockets/plain-core.ts';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { Counters } from '../net/index.ts';
import { LinuxEngine } from './engine.ts';

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);
/** Far more turns than datagrams and wake-ups give reason for. */
const TURNS = 200;

test('LinuxEngine spins with lowLatency once a datagram has come, and sleeps before', async () => {
  const waits = await waitsOf(true);
  expect(waits[0]).toBeGreaterThan(0);
  expect(waits).toHaveLength(TURNS);
  expect(waits.slice(1)).toEqual(waits.slice(1).fill(0));
});

test('LinuxEngine sleeps between datagrams without lowLatency', async () => {
  expect(await waitsOf(false)).not.toContain(0);
});

/** How long the loop was ready to wait, each turn after one datagram from WireGuard. */
async function waitsOf(lowLatency: boolean): Promise<number[]> {
  const counters = Counters.forPaths(1);
  const onWake = () => {};
  const engine = new LinuxEngine({ core: new PlainCore(), counters, lowLatency, onNotice() {}, onWake });
  const address = opened((answer) => engine.listen('wireguard', { address: '127.0.0.1', port: 0 }, answer));
  const wireguard = new RawUdp().connect(address);
  wireguard.send(Buffer.alloc(40));
  const waits: number[] = [];
  const turn = engine.turn.bind(engine);
  vi.spyOn(engine, 'turn').mockImplementation((timeoutMs) => {
    waits.push(timeoutMs);
    turn(timeoutMs);
    // One that sleeps now would do so for its longest wait: that is all there is to see of it.
    if (waits.length === TURNS || (waits.length === 2 && timeoutMs > 0)) engine.stop();
    else if (waits.length === 1 && !lowLatency) writeSync(engine.wakeFd, ONE);
  });
  await engine.run();
  wireguard.close();
  return waits;
}
