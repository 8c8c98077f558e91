/** Starts the page. */
import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app/shell/app.ts';
import { appConfig } from './app/shell/app-config.ts';

bootstrapApplication(App, appConfig).catch((error: unknown) => {
  // Nothing is on the page to show it in; the browser's console is the only place left.
  console.error(error);
});
