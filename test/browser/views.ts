/** Every view of both pages: its address, and what is there once it has got what it shows. */
import type { Locator, Page } from 'playwright-core';
import type { Stage } from './stage.ts';

export interface View {
  /** For titles and pictures' names. */
  readonly name: string;
  readonly role: 'client' | 'server';
  /** After the host; `:session` stands for the id of the server's session. */
  readonly path: string;
  /** What is seen one after the other when one scrolls through the complete view. */
  readonly complete: readonly ((page: Page) => Locator)[];
}

export const VIEWS: readonly View[] = [
  {
    name: 'now',
    role: 'client',
    path: '',
    complete: [(page) => page.getByRole('listitem').filter({ hasText: 'Satellite alone' })],
  },
  {
    name: 'day',
    role: 'client',
    path: 'day',
    complete: [(page) => page.getByRole('heading', { name: 'Lateness of each link' })],
  },
  {
    name: 'outages',
    role: 'client',
    path: 'outages',
    complete: [(page) => page.getByText('rengarde started').first()],
  },
  {
    name: 'what-if',
    role: 'client',
    path: 'what-if',
    complete: [(page) => page.getByRole('rowheader', { name: 'All: Fibre, LTE and Satellite' })],
  },
  {
    name: 'sessions',
    role: 'server',
    path: '',
    complete: [(page) => page.getByRole('cell', { name: 'carrying' })],
  },
  {
    name: 'session',
    role: 'server',
    path: 'session/:session',
    complete: [
      (page) => page.getByText('came up').first(),
      (page) => page.getByRole('heading', { name: 'Last 24 hours' }),
      (page) => page.getByRole('heading', { name: 'Lateness of each link' }),
    ],
  },
  {
    name: 'all-outages',
    role: 'server',
    path: 'outages',
    complete: [(page) => page.getByText('rengarde started').first()],
  },
];

/** Looks through the view until all of it is there. */
export async function lookThrough({ complete }: View, page: Page): Promise<void> {
  for (const part of complete) await part(page).scrollIntoViewIfNeeded();
}

/** The view's address on this stage. */
export async function addressOf({ role, path }: View, stage: Stage): Promise<string> {
  const address = stage.pages[role] + path;
  if (!path.includes(':session')) return address;
  const { sessions } = await ask<{ sessions: { id: string }[] }>(stage, role, 'sessions');
  if (sessions[0] === undefined) throw new Error('Cannot open a session on the server: there is none');
  return address.replace(':session', sessions[0].id);
}

/** A resource of version 2 of the API, by its address below /api/v2/. */
export async function ask<T>(stage: Stage, role: View['role'], path: string): Promise<T> {
  const url = `${stage.pages[role]}api/v2/${path}`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot read ${url}: status ${response.status}`);
  return (await response.json()) as T;
}
