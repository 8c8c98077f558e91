/** What an automated check finds that people with another way of seeing or moving would stumble over. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** A line for each rule that the page breaks as it is now, with the places. Empty: none. */
export async function violationsIn(page: Page): Promise<string[]> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  if (passes.length === 0) throw new Error(`Cannot check ${page.url()}: no rule applied to it`);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
