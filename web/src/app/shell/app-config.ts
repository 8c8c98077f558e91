/** What the whole page is given: routes, and change detection by signals alone. */
import { APP_BASE_HREF } from '@angular/common';
import { type ApplicationConfig, provideZonelessChangeDetection } from '@angular/core';
import { provideRouter, TitleStrategy, withComponentInputBinding } from '@angular/router';
import { PageTitle } from './page-title.ts';
import { routes } from './routes.ts';

export const appConfig: ApplicationConfig = {
  providers: [
    provideZonelessChangeDetection(),
    provideRouter(routes, withComponentInputBinding()),
    // In place of a <base> element, which the page's security policy forbids.
    { provide: APP_BASE_HREF, useValue: '/' },
    { provide: TitleStrategy, useClass: PageTitle },
  ],
};
