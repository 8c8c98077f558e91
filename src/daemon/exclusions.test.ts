import { describe, expect, test } from 'vitest';
import { Exclusions } from './exclusions.ts';

describe('Exclusions', () => {
  test.each([
    ['exclude', undefined, true, 'exclude'],
    ['include', undefined, false, undefined],
    ['include', 'file', true, 'include'],
    ['include', 'default', true, 'include'],
    ['exclude', 'file', false, undefined],
  ] as const)('.set(%s) of a link left out by %s', (wish, byFile, changed, kept) => {
    const exclusions = new Exclusions();
    expect(exclusions.set('eth0', wish, byFile)).toBe(changed);
    expect(exclusions.wishes.get('eth0')).toBe(kept);
    expect(exclusions.set('eth0', wish, byFile), 'a second time').toBe(false);
  });

  test('.set() back to what the file says leaves no wish', () => {
    const exclusions = new Exclusions();
    exclusions.set('eth0', 'exclude', undefined);
    expect(exclusions.set('eth0', 'include', undefined)).toBe(true);
    expect(exclusions.wishes.size).toBe(0);
  });

  test('.clear() tells whether there was anything', () => {
    const exclusions = new Exclusions();
    expect(exclusions.clear()).toBe(false);
    exclusions.set('eth0', 'exclude', undefined);
    expect(exclusions.clear()).toBe(true);
    expect(exclusions.wishes.size).toBe(0);
  });

  test('.settle() drops wishes that a changed file fulfils, and keeps the others', () => {
    const exclusions = new Exclusions();
    exclusions.set('eth0', 'exclude', undefined);
    exclusions.set('eth1', 'exclude', undefined);
    exclusions.set('eth2', 'include', 'file');
    exclusions.settle((name) => (name === 'eth0' ? 'file' : undefined));
    expect([...exclusions.wishes]).toEqual([['eth1', 'exclude']]);
  });
});
