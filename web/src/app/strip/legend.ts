/** What the shapes and colours of the strips mean, each shown as a strip of its own. */
import { ChangeDetectionStrategy, Component } from '@angular/core';
import { CELL_COLUMNS, CELL_STATES, type CellState } from '../contract.ts';
import { texts } from '../texts.ts';
import type { Cell } from './cell.ts';
import { Strip } from './strip.ts';

const SHOWN: readonly CellState[] = ['first', 'late', 'lossy', 'silent', 'down', 'idle', 'excluded'];

/** As many cells as a sample is wide, so that dashes look as they do in the strips. */
const SAMPLE_CELLS = 28;

@Component({
  selector: 'rg-legend',
  imports: [Strip],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <ul class="legend small soft" [attr.aria-label]="texts.legend">
      @for (entry of entries; track entry.state) {
        <li>
          <rg-strip class="legend-sample" [cells]="entry.cells" [from]="0" [count]="${SAMPLE_CELLS}" />
          {{ texts.states[entry.state] }}
        </li>
      }
    </ul>
  `,
})
export class Legend {
  protected readonly texts = texts.strip;
  protected readonly entries = SHOWN.map((state) => ({ state, cells: sampleOf(state) }));
}

/** A run of one state; losses are single, with delivery around them. */
function sampleOf(state: CellState): readonly Cell[] {
  return Array.from({ length: SAMPLE_CELLS }, (_, index) => {
    const isPlain = state === 'lossy' && index % 9 > 3;
    return cell(isPlain ? 'first' : state, state === 'lossy' && !isPlain ? 1 : 0);
  });
}

function cell(state: CellState, lost: number): number[] {
  const first = state === 'first' || state === 'lossy' ? 1 : 0;
  const values = { state: CELL_STATES.indexOf(state), first, late: 0, lost };
  return CELL_COLUMNS.map((column) => (column in values ? values[column as keyof typeof values] : 0));
}
