import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlobs, escapeGlob } from './globs.ts';

describe('compileGlobs()', () => {
  it.each([
    ['eth0', 'eth0', true],
    ['eth0', 'eth01', false],
    ['eth0', 'ETH0', false],
    ['eth*', 'eth0', true],
    ['eth*', 'eth', true],
    ['eth*', 'xeth0', false],
    ['eth?', 'eth', false],
    ['eth[0-2]', 'eth1', true],
    ['eth[0-2]', 'eth3', false],
    ['eth[!0]', 'eth0', false],
    ['eth[!0]', 'eth1', true],
    ['eth[^0]', 'eth1', true],
    ['*', '.hidden', true],
    ['*.10', 'eth0.10', true],
    ['*.10', 'eth0x10', false],
    ['Local Area *', 'Local Area Connection 4', true],
    ['Local Area (1)*', 'Local Area (1) b', true],
    ['Net [2]', 'Net [2]', true],
    ['*{a,b}', 'xa', false],
    ['+(a)*', 'aa', false],
    ['!eth*', 'wlan0', false],
    ['*@if2', 'veth@if2', true],
    ['*|x', 'x', false],
    ['[*', '[x', true],
    ['*', 'a/b', true],
    ['"[0-9]"', '"5"', true],
    ['[]]*', ']x', true],
    ['[a-]x', '-x', true],
    ['[!]', '[!]', true],
    ['[]', 'x', false],
    ['x[\\\\\\\\', 'x', false],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'a1b2b3', false],
    ['?', '😀', true],
    ['[😀-😂]', '😁', true],
  ])('%j against %j: %j', (pattern, name, wanted) => {
    expect(compileGlobs([pattern])(name)).toBe(wanted);
  });

  it('matches nothing without patterns', () => {
    expect(compileGlobs([])('eth0')).toBe(false);
  });

  it('matches a name spelled like the pattern, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (name) => compileGlobs([name])(name)));
  });

  it('ends, however many stars there are', () => {
    expect(compileGlobs(['*a'.repeat(200)])('a'.repeat(199) + 'b'.repeat(200))).toBe(false);
  });
});

describe('escapeGlob()', () => {
  it('gives a pattern of that name and no other', () => {
    const names = fc.string({
      unit: fc.constantFrom('a', '*', '?', '[', ']', '!', '^', '-', '\\\\', '"', '/'),
    });
    fc.assert(
      fc.property(names, names, (name, other) => {
        expect(compileGlobs([escapeGlob(name)])(name)).toBe(true);
        expect(compileGlobs([escapeGlob(name)])(other)).toBe(other === name || other === escapeGlob(name));
      }),
    );
  });
});
