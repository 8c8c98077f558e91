/**
 * What a client that runs inside the demo can do to the demo's links. Who carries it out is the cli's business: the
 * daemon passes it on to the page. No other client is given one.
 */
import type { DemoLink } from '../contract/index.ts';

export interface DemoControl {
  /** The demo's links as last heard; empty until the demo has said so, and when it has gone. */
  links(): readonly DemoLink[];
  /** Asks for a cut; `links()` tells when it is done. False: there is no such link. */
  cut(name: string): boolean;
  /** Asks for a link to work again. False: there is no such link. */
  restore(name: string): boolean;
  /** Calls back after each change of `links()`, whoever made it. */
  onChange(callback: () => void): void;
}
