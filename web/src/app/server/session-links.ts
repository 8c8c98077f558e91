/** The links of a server's session: a client's addresses, with what each delivers. */
import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import type { Path } from '../contract.ts';
import { formatCount, formatMs, formatShare, NOTHING } from '../units.ts';
import { serverTexts } from './texts.ts';
import { isOld, lastPacket, rateIn, rateOut } from './words.ts';

@Component({
  selector: 'rg-session-links',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './session-links.html',
})
export class SessionLinks {
  readonly paths = input.required<readonly Path[]>();

  protected readonly texts = serverTexts;
  protected readonly share = formatShare;
  protected readonly count = formatCount;
  protected readonly rateIn = rateIn;
  protected readonly rateOut = rateOut;
  protected readonly last = lastPacket;
  protected readonly isOld = isOld;

  protected lateness({ windows }: Path): string {
    const late = windows['15m'].latenessMs;
    return late === null ? NOTHING : `${formatMs(late.median)} / ${formatMs(late.p95)}`;
  }
}
