import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstLoadBytes } from './build-web.mjs';

describe('firstLoadBytes()', () => {
  let directory;
  const write = (name, content) => writeFileSync(join(directory, name), content);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rengarde-page-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('counts what the first page needs once, and what is imported later not at all', () => {
    const page =
      '<link rel="modulepreload" href="/a.js"><link href="/s.css"><script src="/main.js"></script>';
    write('index.html', page);
    const main = 'import{x}from"./a.js";import"./b.js";import("./later.js")';
    write('main.js', main);
    write('a.js', 'a'.repeat(100));
    write('b.js', 'b'.repeat(10));
    write('s.css', 's'.repeat(1000));
    write('later.js', 'l'.repeat(10_000));
    expect(firstLoadBytes(directory)).toBe(page.length + main.length + 1110);
  });

  it('counts the compressed twin of a file that has one', () => {
    write('index.html', 'i'.repeat(5000));
    write('index.html.gz', 'z'.repeat(50));
    expect(firstLoadBytes(directory)).toBe(50);
  });
});
