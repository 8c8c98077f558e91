/** Instead of the package koffi: its native library, without the scripts that look for it. */
import { provideLibrary } from './library.ts';

export default provideLibrary();
