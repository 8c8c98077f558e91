/** What a link's strip is called, here and on the page of a server's session. */
import type { PictureTrack } from '../strip/picture.ts';
import { dayTexts } from './texts.ts';

/** An address is long: its port goes under it. */
export function linkTrack(name: string, label: string | undefined): PictureTrack {
  if (label !== undefined) return { name, label, note: name };
  const colon = name.lastIndexOf(':');
  if (colon < 0) return { name, label: name };
  return { name, label: name.slice(0, colon), note: dayTexts.port(name.slice(colon + 1)) };
}
