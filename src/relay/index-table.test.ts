import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexTable } from './index-table.ts';

const SESSIONS = 3;

const operation = fc.oneof(
  fc.record({ do: fc.constant('set' as const), index: fc.nat(20), session: fc.nat(SESSIONS - 1) }),
  fc.record({ do: fc.constant('delete' as const), index: fc.nat(20) }),
  fc.record({ do: fc.constant('clear' as const), session: fc.nat(SESSIONS - 1) }),
  fc.record({ do: fc.constant('move' as const), from: fc.nat(SESSIONS - 1), to: fc.nat(SESSIONS - 1) }),
);

/** The same, in the plainest way: an ordered list of [index, session], eight per session at most. */
class Model {
  entries: [number, number][] = [];
  set(index: number, session: number) {
    this.delete(index);
    const own = this.entries.filter(([, owner]) => owner === session);
    if (own.length === 8) this.delete(own[0]![0]);
    this.entries.push([index, session]);
  }
  delete(index: number) {
    this.entries = this.entries.filter(([key]) => key !== index);
  }
  clear(session: number) {
    this.entries = this.entries.filter(([, owner]) => owner !== session);
  }
  move(from: number, to: number) {
    if (from === to) return;
    const newestFirst = (session: number) => this.entries.filter(([, owner]) => owner === session).reverse();
    const [own, moved] = [newestFirst(to), newestFirst(from)];
    const kept = Array.from({ length: 8 }, (_, i) => [own[i], moved[i]])
      .flat()
      .filter((it) => it !== undefined);
    this.clear(from);
    this.clear(to);
    for (const [index] of kept.slice(0, 8).reverse()) this.set(index, to);
  }
  get(index: number) {
    return this.entries.find(([key]) => key === index)?.[1] ?? -1;
  }
}

describe('IndexTable', () => {
  it('agrees with an ordered list under any operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => {
        const table = new IndexTable(SESSIONS);
        const model = new Model();
        for (const step of operations) {
          for (const either of [table, model]) {
            if (step.do === 'set') either.set(step.index, step.session);
            else if (step.do === 'delete') either.delete(step.index);
            else if (step.do === 'clear') either.clear(step.session);
            else either.move(step.from, step.to);
          }
          for (let index = 0; index <= 20; index++) expect(table.get(index)).toBe(model.get(index));
        }
      }),
    );
  });

  it.each([0, 1, 0x7fffffff, -0x80000000, -1])('takes index %i', (index) => {
    const table = new IndexTable(SESSIONS);
    table.set(index, 2);
    expect(table.get(index)).toBe(2);
    table.delete(index);
    expect(table.get(index)).toBe(-1);
  });
});
