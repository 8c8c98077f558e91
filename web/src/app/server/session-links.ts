/** The links of a server's session: a client's addresses, with what each delivers. */
import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import type { Path } from '../contract.ts';
import { formatBits, formatCount, formatDuration, formatMs, formatShare, NOTHING } from '../units.ts';
import { serverTexts } from './texts.ts';

/** From here on a last packet is old. */
const OLD_SECONDS = 10;

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

  protected rates({ rates }: Path): string {
    return serverTexts.rates(formatBits(rates.inBitsPerSecond), formatBits(rates.outBitsPerSecond));
  }

  protected lateness({ windows }: Path): string {
    const late = windows['15m'].latenessMs;
    return late === null ? NOTHING : `${formatMs(late.median)} / ${formatMs(late.p95)}`;
  }

  protected last({ lastSeconds }: Path): string {
    return lastSeconds === null ? serverTexts.never : serverTexts.ago(formatDuration(lastSeconds));
  }

  protected isOld({ lastSeconds }: Path): boolean {
    return lastSeconds === null || lastSeconds >= OLD_SECONDS;
  }
}
