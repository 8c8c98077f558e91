/**
 * Two namespaces and the links between them, for tests of single sockets:
 *
 *     near  n0 10.66.0.1, fd66:0::1 ==== f0 10.66.0.2, fd66:0::2  far
 *           n1 10.66.1.1, fd66:1::1 ==== f1 10.66.1.2, fd66:1::2
 *
 * `far` has two more addresses on its loopback: 10.67.0.1, fd67::1 and 10.67.0.2, fd67::2.
 */
import { Namespace } from '../lab/namespace.ts';

export interface Links {
  readonly near: Namespace;
  readonly far: Namespace;
  remove(): void;
}

/** @param mtu of every link, in bytes */
export async function makeLinks(count: number, mtu = 1500): Promise<Links> {
  const near = new Namespace('near');
  const far = new Namespace('far');
  const parameters = {
    'ipv4/conf/all/rp_filter': 0,
    'ipv4/conf/default/rp_filter': 0,
    'ipv6/conf/default/accept_dad': 0,
  };
  for (const host of [near, far]) {
    await host.setParameters(parameters);
    await host.ip('link set lo up');
  }
  for (const last of [1, 2]) {
    await far.ip(`addr add 10.67.0.${last}/32 dev lo`, `addr add fd67::${last}/128 dev lo nodad`);
  }
  for (let i = 0; i < count; i++) {
    await near.ip(`link add n${i} mtu ${mtu} type veth peer name f${i} mtu ${mtu} netns ${far.name}`);
    for (const [host, name, last] of [
      [near, `n${i}`, 1],
      [far, `f${i}`, 2],
    ] as const) {
      await host.ip(
        `addr add 10.66.${i}.${last}/24 dev ${name}`,
        `addr add fd66:${i}::${last}/64 dev ${name} nodad`,
        `link set ${name} up`,
      );
    }
  }
  await near.ip('route add 10.67.0.0/24 via 10.66.0.2', 'route add fd67::/64 via fd66:0::2');
  // A link carries packets some time after it was set up (net/core/link_watch.c), and neighbours get known.
  for (let i = 0; i < count; i++) {
    for (const address of [`10.66.${i}.2`, `fd66:${i}::2`]) {
      await near.run('ping', ['-n', '-c', '1', '-i', '0.2', '-w', '10', address]);
    }
  }
  return {
    near,
    far,
    remove() {
      near.remove();
      far.remove();
    },
  };
}
