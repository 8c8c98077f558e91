import { describe, expect, test } from 'vitest';
import { linksOf, World } from '../../test/simnet/index.ts';
import { formatAddress } from '../net/index.ts';

describe('PathTable', () => {
  test('sets a path apart that is silent while the others speak, until it speaks again', () => {
    const { world, client } = settled();
    client.talk(20, 5_000);
    world.clock.run(1_000);
    expect(world.server.addressesApart()).toEqual([]);
    client.links[1]!.up.quality.isCut = true;
    world.clock.run(1_000);
    expect(world.server.addressesApart()).toEqual([formatAddress(client.links[1]!.address)]);
    client.links[1]!.up.quality.isCut = false;
    world.clock.run(150);
    expect(world.server.addressesApart()).toEqual([]);
  });

  test('sets none apart while the client is silent', () => {
    const { world, client } = settled();
    client.talk(20, 500);
    world.clock.run(20_000);
    expect(world.server.addresses()).toHaveLength(client.links.length);
    expect(world.server.addressesApart()).toEqual([]);
  });
});

function settled() {
  const world = new World();
  return { world, client: world.addSettledClient({ links: linksOf(0) }) };
}
