/** engarde.yml.sample as it is, and with every optional key switched on. */
import { readFileSync } from 'node:fs';

export const SAMPLE_FILE = new URL('../../engarde.yml.sample', import.meta.url).pathname;

/** The sample with what is commented out uncommented, examples instead of the empty lists above them. */
export function fullSample(): string {
  return readFileSync(SAMPLE_FILE, 'utf8')
    .replaceAll(/^( +)# ( *(?:[a-z]\w*: ?[^ ]*|- (?:ifName|name): .*|- [+*\w].*|\w+: .*))$/gim, '$1$2')
    .replaceAll(/: (\[\]|\{\})$/gm, ':');
}
