/**
 * Addresses, interfaces and routes of the client that go, come back and change.
 */
import { interfaceName, pathAddress } from '../../lab/topology.ts';
import type { Make, Scene } from './fault.ts';

export const addresses = {
  'address removed': async ({ rig, step }) => {
    await rig.faults.removeAddress(Number(step.target));
    return () => rig.faults.restoreAddress(Number(step.target));
  },
  'address changed': changeAddress,
  'interface made anew': async ({ rig, step }) => {
    const path = Number(step.target);
    await rig.topology.removePath(path);
    return () => rig.topology.addPath(path);
  },
  'default route gone': async ({ rig, step }) => {
    const path = Number(step.target);
    const { ipv4, ipv6 } = pathAddress('server', path);
    for (const via of [ipv4, ipv6]) {
      const route = `route del default via ${via} dev ${interfaceName('client', path)}`;
      await rig.topology.client.ip(`${route} metric ${100 + path}`, `${route} table ${100 + path}`);
    }
    return () => rig.topology.bringUp(path, 'client');
  },
  'main default route': preferRoute,
} satisfies Record<string, Make>;

/** To another of the same subnet, in one go, and back: as a new lease does. */
async function changeAddress({ rig, step, random }: Scene) {
  const { client } = rig.topology;
  const path = Number(step.target);
  const name = interfaceName('client', path);
  const usual = pathAddress('client', path);
  const host = 20 + random.whole(200);
  const other = { ipv4: `10.77.${path}.${host}`, ipv6: `fd77:${path.toString(16)}::${host}` };
  const rule = async (action: 'add' | 'del') => {
    const lookup = ['lookup', String(100 + path)];
    await client.run('ip', ['-4', 'rule', action, 'from', other.ipv4, ...lookup]);
    await client.run('ip', ['-6', 'rule', action, 'from', other.ipv6, ...lookup]);
  };
  // Else the second of a subnet goes with the first.
  await client.setParameters({ 'ipv4/conf/all/promote_secondaries': 1 });
  await rule('add');
  await client.ip(
    `addr add ${other.ipv4}/24 dev ${name}`,
    `addr add ${other.ipv6}/64 dev ${name} nodad`,
    `addr del ${usual.ipv4}/24 dev ${name}`,
    `addr del ${usual.ipv6}/64 dev ${name}`,
  );
  return async () => {
    await rig.topology.bringUp(path, 'client');
    await client.ip(`addr del ${other.ipv4}/24 dev ${name}`, `addr del ${other.ipv6}/64 dev ${name}`);
    await rule('del');
  };
}

/** Another link becomes the way of what is bound to none; paths keep theirs, so nothing may be lost by it. */
async function preferRoute({ rig, step }: Scene) {
  const path = Number(step.target);
  const { ipv4, ipv6 } = pathAddress('server', path);
  const attempt = async (action: 'replace' | 'del') => {
    for (const via of [ipv4, ipv6]) {
      const route = `default via ${via} dev ${interfaceName('client', path)} metric 50`;
      await rig.topology.client.ip(`route ${action} ${route}`).catch(() => {
        // The link is down or gone at this moment, and its routes with it.
      });
    }
  };
  await attempt('replace');
  return () => attempt('del');
}
