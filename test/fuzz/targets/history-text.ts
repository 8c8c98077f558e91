/** The text in a history file: refused, or a past that answers questions, keeps its bounds and can be written again. */
import assert from 'node:assert/strict';
import { Past } from '../../../src/history/past.ts';
import { readPast, writePast } from '../../../src/history/past-format.ts';
import { FrameMaker } from '../../history/frames.ts';
import type { Target } from '../target.ts';

const MOST_BYTES = 20_000;
const AT = 1_790_000_000;

export const target: Target = {
  what: 'the text of a history file',
  run(bytes) {
    const past = pastIn(bytes.toString('utf8'));
    if (past === undefined) return;
    assert(past.size.bytes <= MOST_BYTES);
    for (const seconds of [60, 900, 86_400]) {
      const { tracks } = past.history('tunnel', { seconds, points: 30 }, AT);
      for (const { cells } of tracks)
        assert(cells.every((cell) => cell === null || cell.every(Number.isFinite)));
    }
    past.addFrame(new FrameMaker().frame(AT + 1, { '': { first: 3 }, eth0: { state: 'silent' } }));
    past.addEvent({ at: new Date(AT * 1000).toISOString(), kind: 'path-up', detail: 'x' });
    assert.equal(past.outages({ limit: 1000 }).filter(({ to }) => to === null).length <= 2, true);
    const text = writePast(past.content());
    const again = new Past({ maxBytes: MOST_BYTES });
    again.restore(readPast(text));
    assert.equal(writePast(again.content()).length > 0, true);
  },
  seeds() {
    const past = new Past();
    const maker = new FrameMaker();
    for (let second = 0; second < 12; second++) {
      const state = second % 5 === 0 ? 'silent' : 'first';
      past.addFrame(
        maker.frame(AT - 20 + second, { '': { first: 9 }, eth0: { state, lost: 2 }, wwan0: { late: 3 } }),
      );
    }
    past.addEvent({ at: new Date(AT * 1000).toISOString(), kind: 'path-down', path: 'eth0', detail: 'gone' });
    return [writePast(past.content()), writePast(new Past().content())];
  },
  words: ['[]', '{}', 'null', '1e400', '-1', '4294967295', '"2026-01-01T00:00:00Z"', '"AAAA"', ','],
};

function pastIn(text: string): Past | undefined {
  try {
    const past = new Past({ maxBytes: MOST_BYTES });
    past.restore(readPast(text));
    return past;
  } catch (error) {
    // PastFile sets such a file aside, whatever is thrown.
    assert(error instanceof Error && error.message !== '');
    return undefined;
  }
}
