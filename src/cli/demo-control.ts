/**
 * The client's end of the channel to the demo that started it, for cutting the demo's links from the page. The
 * messages are the demo's page-control.ts. Outside the demo there is none.
 */
import type { DemoLink } from '../contract/index.ts';
import type { DemoControl } from '../daemon/index.ts';
import type { CutMessage, LinksMessage } from '../demo/index.ts';

/** The demo's links; undefined unless the demo started this process. It never keeps the process alive. */
export function demoControl(): DemoControl | undefined {
  if (process.env.RENGARDE_DEMO !== '1' || process.send === undefined) return undefined;
  let links: readonly DemoLink[] = [];
  const callbacks: (() => void)[] = [];
  const follow = (now: readonly DemoLink[]) => {
    links = now;
    for (const callback of callbacks) callback();
  };
  process.on('message', (message) => {
    if (isLinksMessage(message)) follow(message.links);
  });
  process.once('disconnect', () => follow([]));
  process.channel?.unref();

  const ask = (demo: CutMessage['demo'], link: string): boolean => {
    if (!links.some(({ name }) => name === link)) return false;
    // An error means that the demo ends just now, and its links with it: nothing is left to cut.
    process.send?.({ demo, link } satisfies CutMessage, undefined, undefined, () => {});
    return true;
  };
  return {
    links: () => links,
    cut: (name) => ask('cut', name),
    restore: (name) => ask('restore', name),
    onChange: (callback) => callbacks.push(callback),
  };
}

function isLinksMessage(message: unknown): message is LinksMessage {
  return typeof message === 'object' && message !== null && 'demo' in message && message.demo === 'links';
}
