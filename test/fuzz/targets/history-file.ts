/** A history file of any bytes: loaded, or set aside with one warning; the next one is written beside it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Past, PastFile } from '../../../src/history/index.ts';
import { writePast } from '../../../src/history/past-format.ts';
import type { Target } from '../target.ts';

const folder = mkdtempSync(join(tmpdir(), 'rengarde-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const FILE = join(folder, 'history.json.gz');

export const target: Target = {
  what: 'a history file',
  async run(bytes) {
    rmSync(`${FILE}.damaged`, { force: true });
    writeFileSync(FILE, bytes);
    const logged: string[] = [];
    const file = new PastFile(FILE, (level, message) => logged.push(`${level}: ${message}`));
    const past = await file.load();
    assert.equal(logged.length, existsSync(FILE) ? 0 : 1);
    assert.equal(existsSync(`${FILE}.damaged`), logged.length === 1);
    assert(
      logged.every((line) => line.startsWith('warn: ') && !/[\p{Cc}]/u.test(line)),
      logged[0],
    );
    assert.equal(past.size.frames >= 0, true);
  },
  seeds: () => [
    gzipSync(writePast(new Past().content())),
    gzipSync('[]'),
    gzipSync('{"format":"rengarde-history","version":2}'),
    gzipSync(Buffer.alloc(100_000)),
    'not gzip',
  ],
  slowMs: 2_000,
};
