import { expect, test } from 'vitest';
import type { Log } from '../telemetry/index.ts';
import { LogBudget } from './log-budget.ts';

test('LogBudget.spend() writes so many lines a second, then says how many it left out', () => {
  const said: string[] = [];
  const log = { info: (_: object, message: string) => said.push(message) } as unknown as Log;
  let now = 0;
  const budget = new LogBudget(log, () => now);
  for (let i = 0; i < 50; i++) budget.spend(() => said.push(`line ${i}`));
  expect(said).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`));
  said.length = 0;
  now = 1_000;
  budget.spend(() => said.push('next'));
  expect(said).toEqual(['30 lines like these left out', 'next']);
});
