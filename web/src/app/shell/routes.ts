/** The views. All but the first are fetched when they are opened. */
import type { Routes } from '@angular/router';
import { texts } from '../texts.ts';
import { NowPage } from './now-page.ts';

const stub = () => import('./stub-page.ts').then((file) => file.StubPage);

export const routes: Routes = [
  { path: '', pathMatch: 'full', title: texts.views.now, component: NowPage },
  { path: 'day', title: texts.views.day, loadComponent: stub },
  { path: 'outages', title: texts.views.outages, loadComponent: stub },
  { path: 'what-if', title: texts.views.whatIf, loadComponent: stub },
  { path: '**', redirectTo: '' },
];
