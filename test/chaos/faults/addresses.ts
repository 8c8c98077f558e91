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
    const route = `route del default via ${pathAddress('server', path).ipv4} dev ${interfaceName('client', path)}`;
    await rig.topology.client.ip(`${route} metric ${100 + path}`, `${route} table ${100 + path}`);
    return () => rig.topology.bringUp(path, 'client');
  },
  'main default route': preferRoute,
} satisfies Record<string, Make>;

/** To another of the same subnet, in one go, and back: as a new lease does. */
async function changeAddress({ rig, step, random }: Scene) {
  const { client } = rig.topology;
  const path = Number(step.target);
  const name = interfaceName('client', path);
  const usual = pathAddress('client', path).ipv4;
  const other = `10.77.${path}.${20 + random.whole(200)}`;
  const rule = `from ${other} lookup ${100 + path}`;
  // Else the second of a subnet goes with the first.
  await client.setParameters({ 'ipv4/conf/all/promote_secondaries': 1 });
  await client.ip(`rule add ${rule}`, `addr add ${other}/24 dev ${name}`, `addr del ${usual}/24 dev ${name}`);
  return async () => {
    await rig.topology.bringUp(path, 'client');
    await client.ip(`addr del ${other}/24 dev ${name}`, `rule del ${rule}`);
  };
}

/** Another link becomes the way of what is bound to none; paths keep theirs, so nothing may be lost by it. */
async function preferRoute({ rig, step }: Scene) {
  const path = Number(step.target);
  const gateway = pathAddress('server', path).ipv4;
  const route = `default via ${gateway} dev ${interfaceName('client', path)} metric 50`;
  const attempt = (command: string) =>
    rig.topology.client.ip(command).catch(() => {
      // The link is down or gone at this moment, and its routes with it.
    });
  await attempt(`route replace ${route}`);
  return () => attempt(`route del ${route}`);
}
