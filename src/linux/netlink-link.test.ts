import { describe, expect, test } from 'vitest';
import { attribute, text, u16, u32 } from '../../test/netlink-samples.ts';
import { parseLink } from './netlink-link.ts';

const UP = 0x1;
const RUNNING = 0x40;
const LOWER_UP = 0x10000;

function link(flags: number, ...attributes: number[][]): Uint8Array {
  return new Uint8Array([0, 0, ...u16(1), ...u32(7), ...u32(flags), ...u32(0), ...attributes.flat()]);
}

const name = attribute(3, text('eth0'));
const full = link(
  UP | RUNNING | LOWER_UP,
  name,
  attribute(4, u32(1420)),
  attribute(10, u32(3)),
  attribute(16, [6]),
  attribute(18 | 0x8000, [...attribute(1, text('veth')), ...attribute(4, text('bridge'))]),
  attribute(33, [1]),
);

describe('parseLink()', () => {
  test('reads a device with its type and its master', () => {
    expect(parseLink(full)).toEqual({
      index: 7,
      name: 'eth0',
      hardwareType: 1,
      flags: UP | RUNNING | LOWER_UP,
      isLoopback: false,
      isUp: true,
      hasCarrier: true,
      mtu: 1420,
      operstate: 'up',
      kind: 'veth',
      masterKind: 'bridge',
      masterIndex: 3,
    });
  });

  test.each([
    ['up, running, carrier', UP | RUNNING | LOWER_UP, [1], true, true],
    ['up, running, the carrier only in the flags', UP | RUNNING | LOWER_UP, undefined, true, true],
    ['up without carrier', UP, [0], true, false],
    ['up and dormant', UP | LOWER_UP, [1], true, false],
    ['down with carrier', LOWER_UP | RUNNING, [1], false, false],
  ])('tells %s', (_, flags, carrier, isUp, hasCarrier) => {
    const parsed = parseLink(link(flags, name, carrier ? attribute(33, carrier) : []));
    expect(parsed).toMatchObject({ isUp, hasCarrier });
  });

  test('leaves out what hardware does not have', () => {
    const parsed = parseLink(link(UP, name));
    expect(parsed).toMatchObject({ mtu: 0, operstate: 'unknown' });
    expect(parsed).not.toHaveProperty('kind');
    expect(parsed).not.toHaveProperty('masterIndex');
  });

  test('gives nothing without a name or an index', () => {
    expect(parseLink(link(UP))).toBeUndefined();
    const unnumbered = link(UP, name);
    unnumbered.fill(0, 4, 8);
    expect(parseLink(unnumbered)).toBeUndefined();
  });

  test('gives a device or nothing, cut anywhere', () => {
    for (let length = 0; length <= full.length; length++) {
      const parsed = parseLink(full.subarray(0, length));
      expect(parsed?.name).toBe(length < 25 ? undefined : 'eth0');
    }
  });
});
