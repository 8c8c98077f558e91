import { mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FileWatch, watchFile } from './watch-file.ts';

/** At once, but for a machine that has other things to do. */
const SOON = { timeout: 15_000 };

const BY_EVENT = { stableMs: 20, pollMs: 1_000_000 };
const BY_POLL = { stableMs: 20, pollMs: 50 };

let directory: string;
let file: string;
let watched: FileWatch | undefined;
/** What the file held at each callback. */
let seen: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rengarde-watch-'));
  file = join(directory, 'engarde.yml');
  seen = [];
  await writeFile(file, 'one');
});
afterEach(async () => {
  watched?.close();
  await rm(directory, { recursive: true, force: true });
});

function watch(name: string, timing: typeof BY_EVENT): void {
  watched = watchFile(name, () => void readFile(name, 'utf8').then((text) => seen.push(text)), timing);
}

const sees = (...texts: string[]) => vi.waitFor(() => expect(seen).toEqual(texts), { timeout: 5000 });

/** Long enough for what must not come to have come. */
const severalLooks = () => new Promise((resolve) => setTimeout(resolve, 4 * BY_POLL.pollMs));

describe('watchFile()', () => {
  it('tells of a file written in place', async () => {
    watch(file, BY_EVENT);
    await writeFile(file, 'two');
    await sees('two');
    await writeFile(file, 'three');
    await sees('two', 'three');
  });

  it('after forget() tells of content once more, also of that known before', async () => {
    watch(file, BY_EVENT);
    watched?.forget();
    await sees('one');
    await writeFile(file, 'two');
    await sees('one', 'two');
  });

  it('tells of a file renamed over it, and of the way back', async () => {
    watch(file, BY_EVENT);
    for (const text of ['two', 'one']) {
      await writeFile(join(directory, 'fresh'), text);
      await rename(join(directory, 'fresh'), file);
      await vi.waitFor(() => expect(seen.at(-1)).toBe(text), SOON);
    }
    expect(seen).toEqual(['two', 'one']);
  });

  it('tells of a file that was away', async () => {
    watch(file, BY_EVENT);
    await rm(file);
    await writeFile(file, 'two');
    await sees('two');
  });

  it('tells of a symbolic link to a directory that is swapped, as Kubernetes does', async () => {
    for (const [version, text] of ['one', 'two'].entries()) {
      await mkdir(join(directory, `..v${version}`));
      await writeFile(join(directory, `..v${version}`, 'mounted.yml'), text);
    }
    await symlink('..v0', join(directory, '..data'));
    const mounted = join(directory, 'mounted.yml');
    await symlink('..data/mounted.yml', mounted);
    watch(mounted, BY_EVENT);
    await symlink('..v1', join(directory, '..tmp'));
    await rename(join(directory, '..tmp'), join(directory, '..data'));
    await sees('two');
  });

  it('waits until what is written in steps is whole', async () => {
    watch(file, { ...BY_EVENT, stableMs: 300 });
    let text = '';
    for (let step = 0; step < 30; step++) {
      text += `step ${step}\n`;
      await writeFile(file, text);
      await new Promise((resolve) => setTimeout(resolve, 40)); // in all four times stableMs
    }
    await sees(text);
  });

  it('finds by looking what no event tells: a target elsewhere, a directory that is replaced', async () => {
    const link = join(directory, 'link.yml');
    await mkdir(join(directory, 'far'));
    await writeFile(join(directory, 'far', 'real.yml'), 'one');
    await symlink('far/real.yml', link);
    watch(link, BY_POLL);
    await writeFile(join(directory, 'far', 'real.yml'), 'two');
    await sees('two');
    await mkdir(join(directory, 'near'));
    await writeFile(join(directory, 'near', 'real.yml'), 'three');
    await rename(join(directory, 'far'), join(directory, 'gone'));
    await rename(join(directory, 'near'), join(directory, 'far'));
    await sees('two', 'three');
  });

  it("listens to the directory that has taken the first one's place", async () => {
    const inner = join(directory, 'etc');
    await mkdir(inner);
    await writeFile(join(inner, 'engarde.yml'), 'one');
    watch(join(inner, 'engarde.yml'), { stableMs: 20, pollMs: 2000 });
    await rm(inner, { recursive: true });
    await mkdir(inner);
    await writeFile(join(inner, 'engarde.yml'), 'two');
    await sees('two');
    await writeFile(join(inner, 'engarde.yml'), 'three');
    // The events of the removal made it look, and listen anew: the slow look is too far away to have found this.
    await vi.waitFor(() => expect(seen).toEqual(['two', 'three']), { timeout: 1500 });
  });

  it('begins without a file or directory, and tells when there is one', async () => {
    watch(join(directory, 'later', 'engarde.yml'), BY_POLL);
    await mkdir(join(directory, 'later'));
    await writeFile(join(directory, 'later', 'engarde.yml'), 'two');
    await sees('two');
  });

  it('takes the same content, a file that is gone and neighbours for no change', async () => {
    watch(file, BY_POLL);
    await writeFile(file, 'one');
    await utimes(file, 1, 1);
    await writeFile(join(directory, 'neighbour'), 'two');
    await severalLooks();
    await rm(file);
    await severalLooks();
    await writeFile(file, 'one');
    await severalLooks();
    await writeFile(file, 'two');
    await sees('two');
  });

  it('is silent after close', async () => {
    watch(file, BY_POLL);
    await writeFile(file, 'two');
    await sees('two');
    await writeFile(file, 'three');
    watched!.close();
    watched!.close();
    await severalLooks();
    expect(seen).toEqual(['two']);
  });

  it('leaves no timer after close', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    try {
      watch(file, BY_POLL);
      vi.advanceTimersByTime(BY_POLL.pollMs);
      expect(vi.getTimerCount()).toBe(2); // the slow look, and the one that it asked for
      watched!.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
