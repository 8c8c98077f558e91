/**
 * What the demo and its client tell each other over the channel between parent and child process (`node:child_process`,
 * stdio 'ipc'), so that links can be cut from the client's page. The client's end is the cli's demo-control.ts.
 */

/** Demo to client, at the start and whenever a link was cut or restored: all links. */
export interface LinksMessage {
  readonly demo: 'links';
  readonly links: readonly { readonly name: string; readonly isCut: boolean }[];
}

/** Client to demo: somebody at the page wants this link cut or restored. */
export interface CutMessage {
  readonly demo: 'cut' | 'restore';
  /** One of the names in `LinksMessage`; others are ignored. */
  readonly link: string;
}

/** Whether the client said so; what else comes over the channel is ignored. */
export function isCutMessage(message: unknown): message is CutMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { demo, link } = message as Partial<CutMessage>;
  return (demo === 'cut' || demo === 'restore') && typeof link === 'string';
}
