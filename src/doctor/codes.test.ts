import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const RULES = new URL('./rules/', import.meta.url);
const DOCS = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8');
const LABS = ['doctor', 'doctor-findings'].map((name) =>
  readFileSync(new URL(`../../test/lab/${name}.lab.test.ts`, import.meta.url), 'utf8'),
);
const CODE = /found\(\s*[^,]+,\s*'([a-z-]+)'/g;

const sources = [
  new URL('./diagnose.ts', import.meta.url),
  ...readdirSync(RULES)
    .filter((name) => !name.endsWith('.test.ts'))
    .map((name) => new URL(name, RULES)),
].map((file) => readFileSync(file, 'utf8'));
const codes = [...new Set(sources.flatMap((text) => [...text.matchAll(CODE)].map(([, code]) => code!)))];

test('every finding is explained in docs/troubleshooting.md, and provoked in the lab', () => {
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !DOCS.includes(`\`${code}\``))).toEqual([]);
  expect(codes.filter((code) => !LABS.some((lab) => lab.includes(code)))).toEqual([]);
});
