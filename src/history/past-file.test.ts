import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Figures, FrameMaker } from '../../test/history/frames.ts';
import { Past } from './past.ts';
import { PastFile } from './past-file.ts';
import { readPast, writePast } from './past-format.ts';

const START = 497_222 * 3600;
const LINKS = ['', 'wan', 'lte', 'sat'];

let directory: string;
let path: string;
let said: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rengarde-history-'));
  path = join(directory, 'state', 'history.json.gz');
  said = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function file(): PastFile {
  return new PastFile(path, (level, message) => said.push(`${level}: ${message}`));
}

/** Counts that wander as those of real links do; the same in every run. */
function wandering(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function busyPast(seconds: number): Past {
  const past = new Past();
  const maker = new FrameMaker();
  const random = wandering(1);
  for (let n = 1; n <= seconds; n += 1) {
    const packets = Math.floor(random() * 5000);
    const cells = LINKS.map((name): [string, Figures] => {
      const late = name === '' ? packets * 2 : Math.floor(random() * packets);
      const lost = random() < 0.05 ? Math.floor(random() * 50) : 0;
      return [
        name,
        {
          state: lost > 0 ? 'lossy' : 'first',
          first: name === '' ? packets : packets - late,
          late,
          lost,
          bytesIn: Math.floor(packets * (900 + random() * 100)),
          bytesOut: Math.floor(packets * 60 * random()),
          latenessMedianMs: random() * 30,
          latenessP95Ms: random() * 80,
        },
      ];
    });
    past.addFrame(maker.frame(START + n, Object.fromEntries(cells)));
  }
  past.addEvent({ at: new Date(START * 1000).toISOString(), kind: 'path-up', path: 'lte', detail: 'wwan0' });
  return past;
}

/** All that can be asked. */
function everything(past: Past, nowSeconds: number): unknown {
  return {
    hour: past.history('tunnel', { seconds: 3600 }, nowSeconds),
    day: past.history('tunnel', { seconds: 86_400 }, nowSeconds),
    events: past.events({ limit: 1000 }),
    outages: past.outages({ limit: 1000 }),
  };
}

describe('PastFile.save() and load()', () => {
  it('bring back everything, and numbers go on', async () => {
    const past = busyPast(4000);
    expect(await file().save(past)).toBe(true);
    const again = await file().load();
    expect(everything(again, START + 4000)).toEqual(everything(past, START + 4000));
    expect(again.addEvent({ at: new Date().toISOString(), kind: 'path-up', detail: '' }).id).toBe(2);
    expect(said).toEqual([]);
    expect(again.newest('tunnel')).toBeUndefined();
  });

  it('go on with the same tracks and the second just begun, whatever numbers control has now', async () => {
    const first = new FrameMaker();
    const past = new Past();
    for (const n of [1, 2, 3])
      past.addFrame(first.frame(START + n, { '': { first: n }, lte: { first: 10 * n } }));
    await file().save(past);
    const again = await file().load();
    again.addFrame(new FrameMaker().frame(START + 5, { lte: { first: 50 }, '': { first: 5 } }));
    const cells = (seconds: number) =>
      again
        .history('tunnel', { seconds }, START + 5)
        .tracks.map(({ name, cells: all }) => [name, ...all.slice(-5).map((cell) => cell?.[1] ?? null)]);
    expect(cells(5)).toEqual([
      ['', 1, 2, 3, null, 5],
      ['lte', 10, 20, 30, null, 50],
    ]);
    expect(cells(86_400).map((row) => row.at(-1))).toEqual([11, 110]);
  });

  it('end outages that lasted with the last known second', async () => {
    const past = new Past();
    const maker = new FrameMaker();
    for (const n of [1, 2, 3]) past.addFrame(maker.frame(START + n, { lte: { state: 'down' } }));
    await file().save(past);
    const again = await file().load();
    const end = new Date((START + 3) * 1000).toISOString();
    expect(again.outages({ limit: 9 })).toMatchObject([{ id: 1, to: end, seconds: 3 }]);
    again.addFrame(new FrameMaker().frame(START + 20, { lte: { state: 'down' } }));
    expect(again.outages({ limit: 9 })).toMatchObject([
      { id: 2, to: null },
      { id: 1, to: end },
    ]);
  });

  it('give no number twice, even if its event is forgotten', async () => {
    const past = new Past({ events: { maxCount: 0, maxAgeSeconds: 1 } });
    const event = { at: new Date(START * 1000).toISOString(), kind: 'path-up', detail: '' } as const;
    expect(past.addEvent(event).id).toBe(1);
    await file().save(past);
    expect((await file().load()).addEvent(event).id).toBe(2);
  });

  it('keep the newest of a server with many sessions, and only the tracks in it', async () => {
    const past = new Past();
    const maker = new FrameMaker();
    past.addFrame(maker.frame(START + 1, { '': {} }, 'gone'));
    const sessions = Array.from({ length: 500 }, (_, i) => [
      `run-${i}`,
      { '': { first: 1 }, a: {}, b: {}, c: {} },
    ]);
    const second = maker.frameOf(START + 2, Object.fromEntries(sessions));
    for (let n = 2; n <= 100; n += 1) past.addFrame({ ...second, at: START + n });
    await file().save(past);
    const again = await file().load();
    const { tracks } = again.history('run-499', { seconds: 100 }, START + 100);
    expect(tracks).toHaveLength(4);
    expect(again.size.bytes).toBeLessThan(9 * 1024 * 1024);
    expect(past.size.bytes - again.size.bytes).toBeGreaterThan(2 * 1024 * 1024);
    expect(again.newest('run-499')).toBeUndefined();
  });

  it('keep no cells of tracks that control never named', async () => {
    const past = new Past();
    const frame = new FrameMaker().frame(START + 1, { '': { first: 1 }, lte: { first: 1 } });
    past.addFrame({ ...frame, tracks: frame.tracks.slice(0, 1) });
    past.addFrame({
      ...frame,
      at: START + 2,
      tracks: [],
      ids: frame.ids.slice(1),
      rows: frame.rows.slice(9),
    });
    await file().save(past);
    const again = await file().load();
    expect(said).toEqual([]);
    expect(again.history('tunnel', { seconds: 2 }, START + 2).tracks).toEqual([
      { name: '', cells: [[0, 1, 0, 0, 0, 0, 0, 0, 0], null] },
    ]);
  });

  it('take far less than 3 MiB for a day of a client with four tracks', async (context) => {
    const past = busyPast(86_400);
    await file().save(past);
    const { size, mode } = await stat(path);
    await context.annotate(`${size} bytes on disk, ${past.size.bytes} in memory`);
    expect(size).toBeLessThan(2 * 1024 * 1024);
    expect(mode & 0o777).toBe(0o600);
    expect((await file().load()).size).toEqual(past.size);
  }, 30_000);

  it('begin with nothing and without a word when there is no file', async () => {
    expect((await file().load()).size.frames).toBe(0);
    expect(said).toEqual([]);
  });
});

describe('PastFile.load() of the largest file that save() writes', () => {
  /** Every list full, every detail as long as it may be, and each second with links that were never seen before. */
  function fullPast(): Past {
    const past = new Past();
    const maker = new FrameMaker();
    const link = (n: number) =>
      `[2001:db8:ffff:ffff:ffff:ffff:${(n >> 16).toString(16)}:${n & 0xffff}]:59402`;
    for (let n = 1; n <= SECONDS; n += 1) {
      const links = Array.from({ length: NEW_LINKS }, (_, i) => link(n * NEW_LINKS + i));
      const cells = links.map((name): [string, Figures] => [
        name,
        { state: n > OUTAGE_SECONDS ? 'first' : 'down', first: n },
      ]);
      past.addFrame(maker.frame(START + n, Object.fromEntries(cells), '0123456789abcdef'));
    }
    const at = new Date((START + SECONDS) * 1000).toISOString();
    const detail = 'x'.repeat(2_000);
    for (let n = 1; n <= 10_000; n += 1)
      past.addEvent({ at, kind: 'file-refused', session: '0123456789abcdef', path: link(n), detail });
    return past;
  }
  /** Both tiers hold more of it than a file keeps. */
  const SECONDS = 300;
  const NEW_LINKS = 400;
  const OUTAGE_SECONDS = 25;

  it('takes all of it, and would take half as much again', { timeout: 30_000 }, async () => {
    const past = fullPast();
    const textBytes = Buffer.byteLength(writePast(past.content()));
    expect(textBytes).toBeGreaterThan(32 * 1024 * 1024);
    expect(textBytes * 1.5).toBeLessThan(64 * 1024 * 1024);
    expect(await file().save(past)).toBe(true);
    const again = await file().load();
    expect(said).toEqual([]);
    expect(again.events({ limit: 1e9 })).toHaveLength(10_000);
    expect(again.outages({ limit: 1e9 })).toHaveLength(10_000);
  });
});

describe('PastFile.load() of a damaged file', () => {
  const whole = () => gzipSync(writePast(busyPast(30).content()));
  type Content = { readonly fine: readonly object[]; readonly tracks: readonly object[] };
  const changed = (change: (content: Content) => void) => () => {
    const content: Content = JSON.parse(gunzipSync(whole()).toString());
    change(content);
    return gzipSync(JSON.stringify(content));
  };
  const inFine = (change: Record<string, unknown>) =>
    changed((content) => Object.assign(content, { fine: [{ ...content.fine[0], ...change }] }));

  it.each<[what: string, bytes: () => Uint8Array, reason: RegExp]>([
    ['empty', () => new Uint8Array(), /unexpected end/],
    ['truncated', () => whole().subarray(0, -20), /unexpected end/],
    ['not gzip', () => Buffer.from('{}'), /incorrect header/],
    ['no JSON', () => gzipSync('hello'), /JSON/],
    ['no text, and commands a terminal', () => gzipSync('\x1b[2J\r\n'), /JSON/],
    ['foreign', () => gzipSync('[]'), /expected object/],
    [
      'of a future version',
      changed((content) => Object.assign(content, { version: 2 })),
      /expected 1.*version/,
    ],
    ['with fields missing', changed((content) => Object.assign(content, { events: undefined })), /events/],
    ['with an unknown track', inFine({ ids: [99, 2, 3, 4] }), /not in the file/],
    [
      'with two tracks of one number',
      changed(({ tracks }) => Object.assign(tracks[1]!, { id: 1 })),
      /same number/,
    ],
    [
      'with two tracks of one name',
      changed(({ tracks }) => Object.assign(tracks[1]!, { ...tracks[0], id: 2 })),
      /same number or name/,
    ],
    ['with a track twice', inFine({ ids: [1, 1, 3, 4] }), /twice/],
    ['with too few figures', inFine({ rows: 'AAAA' }), /figures|multiple/],
    ['with times in disorder', inFine({ at: Buffer.alloc(30 * 4, 1).toString('base64') }), /out of order/],
    ['a bomb', () => gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1)), /larger than/],
  ])('sets aside one that is %s, and says so', async (_, bytes, reason) => {
    await mkdir(join(directory, 'state'));
    const damaged = bytes();
    await writeFile(path, damaged);
    const past = await file().load();
    expect(past.size.frames).toBe(0);
    expect(past.events({ limit: 9 })).toEqual([]);
    expect(await readFile(`${path}.damaged`)).toEqual(Buffer.from(damaged));
    expect(await readdir(join(directory, 'state'))).toEqual(['history.json.gz.damaged']);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^warn: Cannot read the history in .*history begins anew$/);
    expect(said[0]).not.toMatch(/\p{Cc}/u);
    expect(said[0]).toMatch(reason);
    expect(await file().save(past)).toBe(true);
  });

  it('sets aside one that is huge without reading it', async () => {
    await mkdir(join(directory, 'state'));
    await writeFile(path, '');
    await truncate(path, 65 * 1024 * 1024);
    await file().load();
    expect(said[0]).toMatch(/68157440 bytes, at most 67108864/);
    expect(await readdir(join(directory, 'state'))).toEqual(['history.json.gz.damaged']);
  });

  it('notices any flipped bit that matters, and never throws', async () => {
    const good = whole();
    const asKept = everything(busyPast(30), START + 30);
    await mkdir(join(directory, 'state'));
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(good);
        bytes[at] = bytes[at]! ^ flip;
        await writeFile(path, bytes);
        said = [];
        const past = await file().load();
        // A few bytes of gzip's header (time, operating system) carry nothing.
        if (said.length === 0) expect(everything(past, START + 30)).toEqual(asKept);
        else expect(past.size.frames).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('says so when it cannot be set aside, and goes on', async () => {
    await mkdir(join(directory, 'state'));
    await mkdir(`${path}.damaged`);
    await writeFile(path, 'no');
    expect((await file().load()).size.frames).toBe(0);
    expect(said[0]).toMatch(/cannot be set aside either/);
  });
});

describe('PastFile.save()', () => {
  it('leaves the old file when it was killed before the new one had its name', async () => {
    const past = busyPast(10);
    await file().save(past);
    await writeFile(`${path}.new`, 'half of it', { mode: 0o644 });
    const again = await file().load();
    expect(everything(again, START + 10)).toEqual(everything(past, START + 10));
    expect(await file().save(again)).toBe(true);
    expect(await readdir(join(directory, 'state'))).toEqual(['history.json.gz']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('says once that it fails, and once that it works again', async () => {
    const past = busyPast(10);
    await writeFile(join(directory, 'state'), 'in the way of the directory');
    const kept = file();
    expect(await kept.save(past)).toBe(false);
    expect(await kept.save(past)).toBe(false);
    await rm(join(directory, 'state'));
    expect(await kept.save(past)).toBe(true);
    expect(await kept.save(past)).toBe(true);
    expect(said.map((line) => line.replace(path, 'FILE').replace(directory, ''))).toEqual([
      expect.stringMatching(/^warn: Cannot keep the history in FILE: E.*; it is tried again$/),
      'info: The history is kept again in FILE',
    ]);
  });

  it('leaves nothing beside the file when the name is taken by a directory', async () => {
    await mkdir(path, { recursive: true });
    expect(await file().save(busyPast(3))).toBe(false);
    expect(await readdir(join(directory, 'state'))).toEqual(['history.json.gz']);
  });

  it('writes what is true by then when it is asked while at work', async () => {
    const past = busyPast(10);
    const kept = file();
    const first = kept.save(past);
    past.addEvent({ at: new Date().toISOString(), kind: 'program-stopped', detail: 'last words' });
    await Promise.all([first, kept.save(past), kept.save(past)]);
    expect((await file().load()).events({ limit: 1 })[0]?.detail).toBe('last words');
  });
});

describe('readPast()', () => {
  it('reads what writePast() wrote, also when tracks come and go', () => {
    const second = fc.record({ lte: fc.boolean(), wan: fc.boolean(), gap: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(second, { maxLength: 30 }), (seconds) => {
        const past = new Past();
        const maker = new FrameMaker();
        let at = START;
        for (const { lte, wan, gap } of seconds) {
          at += gap;
          past.addFrame(
            maker.frame(at, {
              '': { first: at % 7 },
              ...(lte && { lte: { late: 1 } }),
              ...(wan && { wan: {} }),
            }),
          );
        }
        const again = new Past();
        again.restore(readPast(writePast(past.content())));
        expect(everything(again, at)).toEqual(everything(past, at));
      }),
    );
  });
});
