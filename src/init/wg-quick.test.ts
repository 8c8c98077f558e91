import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryOf, isWireguardKey, keyOf, listOf, numberOf, parseWgQuick } from './wg-quick.ts';
import { WgQuickEdit } from './wg-quick-edit.ts';

const KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';
const parse = (text: string) => parseWgQuick(text, 'wg0.conf');

describe('parseWgQuick()', () => {
  it.each<[what: string, text: string, value: string | undefined]>([
    ['a plain key', '[Interface]\nMTU = 1380\n', '1380'],
    ['no spaces', '[Interface]\nMTU=1380', '1380'],
    ['many spaces and tabs', '  [Interface]  \n\t MTU \t=\t 1380 \n', '1380'],
    ['another case', '[INTERFACE]\nmtu = 1380\n', '1380'],
    ['a comment behind it', '[Interface]\nMTU = 1380 # DSL\n', '1380'],
    ['a comment behind the section', '[Interface] # mine\nMTU = 1380\n', '1380'],
    ['a key that is a comment', '[Interface]\n# MTU = 1380\n', undefined],
    ['twice: the last one', '[Interface]\nMTU = 1400\nMTU = 1380\n', '1380'],
    [
      'a section that stands twice',
      '[Interface]\nMTU = 1380\n[Peer]\n[Interface]\nAddress = 10.0.0.1/24\n',
      '1380',
    ],
    ['lines that end in \\r\\n', '[Interface]\r\nMTU = 1380\r\n', '1380'],
    ['an empty value', '[Interface]\nMTU =\n', ''],
    ['a byte order mark', '\uFEFF[Interface]\nMTU = 1380\n', '1380'],
    ["another section's key", '[Interface]\n[Peer]\nMTU = 1380\n', undefined],
    ['unknown sections and keys', '[Frobnicate]\nMTU = 1\n[Interface]\nFoo = a = b\nMTU = 1380\n', '1380'],
  ])('reads %s', (_, text, value) => {
    expect(entryOf(parse(text).interfaces, 'mtu')?.value).toBe(value);
  });

  it('reads a list from all its lines', () => {
    const { peers } = parse(
      '[Interface]\n[Peer]\nAllowedIPs = 10.0.0.0/8,fd00::/8\nallowedips= 192.168.0.0/16 ,\n',
    );
    expect(listOf(peers, 'allowedips')).toEqual(['10.0.0.0/8', 'fd00::/8', '192.168.0.0/16']);
  });

  it('keeps "=" within a value', () => {
    const file = parse(`[Interface]\nPrivateKey = ${KEY}\nPostUp = sh -c "A=1; echo $A"\n`);
    expect(keyOf(file, file.interfaces, 'privatekey')).toBe(KEY);
    expect(entryOf(file.interfaces, 'postup')?.value).toBe('sh -c "A=1; echo $A"');
  });

  it.each([
    ['', 'Cannot use wg0.conf: found no [Interface] section, want a wg-quick file'],
    ['[Peer]\nPublicKey = x\n', 'Cannot use wg0.conf: found no [Interface] section, want a wg-quick file'],
    ['MTU = 1\n', 'Cannot use wg0.conf:1: found a key before any section, want [Interface]'],
    ['[Interface]\n\nwhatever\n', 'Cannot use wg0.conf:3: found "whatever", want "Key = value"'],
    ['\x7f\x9b2J\n', String.raw`Cannot use wg0.conf:1: found "\u{7f}\u{9b}2J", want "Key = value"`],
    ['client:\n  listenAddr: 1\n', 'Cannot use wg0.conf:1: found "client:", want "Key = value"'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it.each([
    ['MTU = 1e3', 'Cannot use wg0.conf:2: found mtu "1e3", want a whole number from 68 to 65535'],
    ['MTU = 67', 'Cannot use wg0.conf:2: found mtu "67", want a whole number from 68 to 65535'],
    ['MTU =', 'Cannot use wg0.conf:2: found mtu "", want a whole number from 68 to 65535'],
  ])('numberOf() refuses %j', (line, message) => {
    const file = parse(`[Interface]\n${line}\n`);
    expect(() => numberOf(file, file.interfaces, 'mtu', [68, 65_535])).toThrow(message);
  });

  it('keyOf() refuses what is no key without showing it', () => {
    const file = parse('[Interface]\nPrivateKey = secret\n');
    expect(() => keyOf(file, file.interfaces, 'privatekey')).toThrow(
      'Cannot use wg0.conf:2: found a privatekey that is none, want 44 characters of base64',
    );
  });

  it('isWireguardKey() takes 32 bytes of base64 only', () => {
    expect(isWireguardKey(KEY)).toBe(true);
    expect(isWireguardKey(KEY.slice(1))).toBe(false);
    expect(isWireguardKey(KEY.replace('g=', 'h='))).toBe(false); // bits behind the 32nd byte
  });
});

describe('WgQuickEdit', () => {
  function edited(text: string, ...changes: [key: string, value: string][]): string {
    const file = parse(text);
    const edit = new WgQuickEdit(file);
    for (const [key, value] of changes) edit.set(file.interfaces[0]!, key, value);
    return edit.text();
  }

  it.each<[what: string, before: string, after: string]>([
    ['its value only', '[Interface]\nMTU = 1420\n', '[Interface]\nMTU = 1380\n'],
    ['not spaces and comment', '[Interface]\n\tmtu=1420  # DSL\n', '[Interface]\n\tmtu=1380  # DSL\n'],
    ['an empty value', '[Interface]\nMTU =\n', '[Interface]\nMTU =1380\n'],
    ['by a new line', '[Interface]\nA = b\n\n[Peer]\n', '[Interface]\nA = b\nMTU = 1380\n\n[Peer]\n'],
    ['by a line with the same indent', '[Interface]\n  A = b\n', '[Interface]\n  A = b\n  MTU = 1380\n'],
    ['by the first line of a section', '[Interface]\n[Peer]\n', '[Interface]\nMTU = 1380\n[Peer]\n'],
    ['without a last line break', '[Interface]\nA = b', '[Interface]\nA = b\nMTU = 1380'],
    ['with \\r\\n', '[Interface]\r\nMTU = 1420\r\n', '[Interface]\r\nMTU = 1380\r\n'],
    ['by a new line with \\r\\n', '[Interface]\r\nA = b\r\n', '[Interface]\r\nA = b\r\nMTU = 1380\r\n'],
    ['with \\r\\n and no last line break', '[Interface]\r\nA = b', '[Interface]\r\nA = b\r\nMTU = 1380'],
    ['nothing that is so already', '[Interface]\nMTU = 1380 #\n', '[Interface]\nMTU = 1380 #\n'],
  ])('changes %s', (_, before, after) => {
    expect(edited(before, ['MTU', '1380'])).toBe(after);
  });

  it('adds several keys in order, and marks what changed', () => {
    const file = parse('[Interface]\nMTU = 1420\n# end');
    const edit = new WgQuickEdit(file);
    expect(edit.isChanged).toBe(false);
    edit.set(file.interfaces[0]!, 'MTU', '1380');
    edit.set(file.interfaces[0]!, 'ListenPort', '1');
    edit.set(file.interfaces[0]!, 'FwMark', '2');
    expect(edit.diff().map(({ mark, text }) => `${mark}${text}`)).toEqual([
      ' [Interface]',
      '-MTU = 1420',
      '+MTU = 1380',
      '+ListenPort = 1',
      '+FwMark = 2',
      ' # end',
    ]);
  });

  const others = (text: string) =>
    text
      .split('\n')
      .map((one) => one.replace(/\r$/, ''))
      .filter((one) => !/^\s*MTU/.test(one));

  it('keeps every other byte, whatever the file', () => {
    const line = fc.constantFrom(
      '',
      '# c',
      'A = b',
      ' Foo=1 # x',
      '[Peer]',
      '[Interface]',
      'MTU = 1',
      '\t',
      'é = ü',
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, lineBreak) => {
        const text = ['[Interface]', ...lines].join(lineBreak);
        expect(edited(text)).toBe(text);
        const after = edited(text, ['MTU', '9']);
        expect(entryOf([parse(after).interfaces[0]!], 'mtu')?.value).toBe('9');
        expect(others(after)).toEqual(others(text));
      }),
    );
  });
});
