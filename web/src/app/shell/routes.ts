/** The views. All but the client's first one are fetched when they are opened. */
import type { Routes } from '@angular/router';
import { texts } from '../texts.ts';
import { NowPage } from './now-page.ts';

export const routes: Routes = [
  { path: '', pathMatch: 'full', title: texts.views.now, component: NowPage },
  {
    path: 'day',
    title: texts.views.day,
    loadComponent: () => import('../day/day-page.ts').then((file) => file.DayPage),
  },
  {
    path: 'outages',
    title: texts.views.outages,
    loadComponent: () => import('../past/past-page.ts').then((file) => file.PastPage),
  },
  {
    path: 'what-if',
    title: texts.views.whatIf,
    loadComponent: () => import('../what-if/what-if-page.ts').then((file) => file.WhatIfPage),
  },
  {
    path: 'session/:id',
    title: texts.views.session,
    loadComponent: () => import('../server/session-page.ts').then((file) => file.SessionPage),
  },
  { path: '**', redirectTo: '' },
];
