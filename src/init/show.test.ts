import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask.ts';
import { showFile } from './show.ts';

const KEY = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';

describe('maskSecrets()', () => {
  it.each([
    [`PrivateKey = ${KEY}\n`, 'PrivateKey = (hidden)\n'],
    [`\tprivatekey=${KEY}# mine`, '\tprivatekey=(hidden)# mine'],
    [`PresharedKey\t=  ${KEY}`, 'PresharedKey\t=  (hidden)'],
    [`#PrivateKey = ${KEY}`, '#PrivateKey = (hidden)'],
    ['PrivateKey = too short', 'PrivateKey = (hidden) short'],
    [`PublicKey = ${KEY}`, `PublicKey = ${KEY}`],
    ['PrivateKey =\nPublicKey = x', 'PrivateKey =\nPublicKey = x'],
  ])('makes %j %j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });
});

describe('showFile()', () => {
  it('shows path and text', () => {
    const file = { host: 'client', path: 'engarde.yml', text: 'client:\n', isSecret: false } as const;
    expect(showFile(file, 'out/engarde.yml')).toBe(`--- out/engarde.yml ${'-'.repeat(58)}\nclient:\n`);
  });

  it('marks what changes, without keys', () => {
    const diff = [
      { mark: ' ', text: `PrivateKey = ${KEY}` },
      { mark: '-', text: `PresharedKey = ${KEY}` },
      { mark: '+', text: 'MTU = 1' },
      { mark: ' ', text: '' },
    ] as const;
    const shown = showFile({ host: 'client', path: 'a', text: 'unused', isSecret: true, diff }, 'wg0.conf');
    expect(shown.split('\n')).toEqual([
      '--- wg0.conf (changed copy: "-" goes, "+" comes; mode 0600, keys hidden here) ',
      '  PrivateKey = (hidden)',
      '- PresharedKey = (hidden)',
      '+ MTU = 1',
      '',
      '',
    ]);
  });
});
