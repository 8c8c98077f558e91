import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, DROP } from '../net/index.ts';
import { Chains, END } from './chains.ts';

const CAPACITY = 40;
const SESSIONS = 5;

describe('Chains', () => {
  it('gives each session its datagrams in order, and leaves out what is dropped, batch after batch', () => {
    const decision = fc.integer({ min: DROP, max: SESSIONS - 1 });
    fc.assert(
      fc.property(fc.array(fc.array(decision, { maxLength: CAPACITY }), { maxLength: 5 }), (batches) => {
        const chains = new Chains(CAPACITY, SESSIONS);
        const batch = new Batch(new Uint8Array(0), CAPACITY, 1);
        for (const decisions of batches) {
          batch.count = decisions.length;
          batch.to.set(decisions);
          chains.build(batch);
          const found = new Map<number, number[]>();
          for (const session of chains.sessions.subarray(0, chains.count)) {
            const entries: number[] = [];
            for (let i = chains.head(session); i !== END; i = chains.next[i]!) entries.push(i);
            found.set(session, entries);
          }
          const wanted = new Map<number, number[]>();
          decisions.forEach((session, i) => {
            if (session !== DROP) wanted.set(session, [...(wanted.get(session) ?? []), i]);
          });
          expect([...found]).toEqual([...wanted]);
        }
      }),
    );
  });
});
