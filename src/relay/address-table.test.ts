import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, writeAddressWords } from '../net/index.ts';
import { AddressTable } from './address-table.ts';

// Few addresses and a small table, so that probes collide and wrap around.
const operation = fc.record({
  remove: fc.boolean(),
  address: fc.integer({ min: 1, max: 12 }).map((n) => `10.0.0.${n}`),
  path: fc.integer({ min: 0, max: 1000 }),
});

describe('AddressTable', () => {
  it('agrees with a Map under any sequence of set, delete and get', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
        const table = new AddressTable(12);
        const model = new Map<string, number>();
        const words = new Uint32Array(ADDRESS_WORDS);
        for (const { remove, address, path } of operations) {
          writeAddressWords(words, 0, { address, port: 7 });
          if (remove) {
            table.delete(words, 0);
            model.delete(address);
          } else {
            table.set(words, 0, path);
            model.set(address, path);
          }
          for (let n = 1; n <= 12; n++) {
            const probe = `10.0.0.${n}`;
            writeAddressWords(words, 0, { address: probe, port: 7 });
            expect(table.get(words, 0)).toBe(model.get(probe) ?? -1);
          }
        }
      }),
    );
  });

  it('tells ports and families apart', () => {
    const table = new AddressTable(8);
    const words = new Uint32Array(ADDRESS_WORDS);
    const keys = ['10.0.0.1', '::1', '2001:db8::1'].flatMap((address) => [
      { address, port: 1 },
      { address, port: 2 },
    ]);
    keys.forEach((key, path) => {
      writeAddressWords(words, 0, key);
      table.set(words, 0, path);
    });
    keys.forEach((key, path) => {
      writeAddressWords(words, 0, key);
      expect(table.get(words, 0)).toBe(path);
    });
  });
});
