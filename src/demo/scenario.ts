/**
 * The demo without its display: a tunnel over three links that fade in turn and, unless somebody has taken that over
 * by key or from the page, are cut in turn. When is schedule.ts's; the programs and all around them are tunnel.ts's.
 */

import { nowMs } from '../net/index.ts';
import type { LinkTraits } from './lane.ts';
import type { CutMessage } from './page-control.ts';
import { cutLink, cutTimeMs, fadingLink, STEP_MS } from './schedule.ts';
import { Tunnel, type TunnelOptions } from './tunnel.ts';

const PACKETS_PER_SECOND = 500;

/** `fadeLossShare`: lost while the link fades; between fades it loses nothing. */
const LINKS: readonly { name: string; traits: LinkTraits; fadeLossShare: number }[] = [
  { name: 'Fibre', traits: { delayMs: 6, jitterMs: 1, lossShare: 0 }, fadeLossShare: 0.03 },
  { name: 'LTE', traits: { delayMs: 42, jitterMs: 12, lossShare: 0 }, fadeLossShare: 0.16 },
  { name: 'Satellite', traits: { delayMs: 280, jitterMs: 20, lossShare: 0 }, fadeLossShare: 0.08 },
];

/** One run. `start()`, then `stop()` in any case. */
export class Scenario extends Tunnel {
  /** Whether links are cut and restored by themselves. */
  isAutomatic = false;
  /** Whether somebody ever cut or restored a link by hand: then the tunnel may rightly lose packets. */
  wasSteered = false;
  readonly #cutMs: number;
  #automaticSinceMs = 0;
  #isOver = false;
  #steps: NodeJS.Timeout | undefined;

  /** `runMs`: how long it is meant to run; cuts are spread over it. */
  constructor(runMs: number, programs: Pick<TunnelOptions, 'nodeArguments'> = {}) {
    super({ links: LINKS, packetsPerSecond: PACKETS_PER_SECOND, hasPageControl: true, ...programs });
    this.#cutMs = cutTimeMs(runMs, LINKS.length);
  }

  override async start(): Promise<void> {
    await super.start();
    if (this.#isOver) return;
    let step = 0;
    this.#steps = setInterval(() => this.#takeStep(step++), STEP_MS);
  }

  /** By hand: cuts a link, or restores it when it is cut; the index is that in `links`. */
  toggle(index: number): void {
    this.#takeOver();
    const target = this.links[index];
    if (target !== undefined) this.setCut(target, !target.link.isCut);
  }

  /** Begins to cut links by itself, or stops that and restores all. */
  setAutomatic(isAutomatic: boolean): void {
    if (this.isAutomatic && !isAutomatic) for (const target of this.links) this.setCut(target, false);
    this.isAutomatic = isAutomatic;
    this.#automaticSinceMs = nowMs();
  }

  override async settle(): Promise<void> {
    clearInterval(this.#steps);
    await super.settle();
  }

  override async stop(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#steps);
    await super.stop();
  }

  protected override obey(message: CutMessage): void {
    this.#takeOver();
    super.obey(message);
  }

  #takeOver(): void {
    this.wasSteered = true;
    this.setAutomatic(false);
  }

  #takeStep(step: number): void {
    const fading = fadingLink(step, this.links.length);
    for (const [index, { link }] of this.links.entries()) {
      link.change({ lossShare: index === fading ? LINKS[index]!.fadeLossShare : 0 });
    }
    if (!this.isAutomatic) return;
    const cut = cutLink(nowMs() - this.#automaticSinceMs, this.#cutMs, this.links.length);
    for (const [index, target] of this.links.entries()) this.setCut(target, index === cut);
  }
}
