/** A question that must be answered before anything else, with the harmless answer first. */
import {
  ChangeDetectionStrategy,
  Component,
  type ElementRef,
  effect,
  input,
  output,
  viewChild,
} from '@angular/core';
import { texts } from '../texts.ts';

export interface Confirmation {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
}

@Component({
  selector: 'rg-confirm-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog #dialog class="dialog" aria-labelledby="dialog-title" aria-describedby="dialog-text" (close)="close()">
      <h2 id="dialog-title">{{ asked()?.title }}</h2>
      <p id="dialog-text">{{ asked()?.text }}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" autofocus (click)="answer(false)">{{ texts.cancel }}</button>
        <button type="button" class="button button-danger" (click)="answer(true)">{{ asked()?.confirm }}</button>
      </div>
    </dialog>
  `,
})
export class ConfirmDialog {
  /** Shown while there is one. */
  readonly asked = input.required<Confirmation | undefined>();
  readonly answered = output<boolean>();

  protected readonly texts = texts.client.actions;
  protected readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  constructor() {
    effect(() => {
      const { nativeElement } = this.dialog();
      if (this.asked() !== undefined && !nativeElement.open) nativeElement.showModal();
      if (this.asked() === undefined && nativeElement.open) nativeElement.close();
    });
  }

  protected answer(isYes: boolean): void {
    this.answered.emit(isYes);
  }

  /** Closed by the Escape key. */
  protected close(): void {
    if (this.asked() !== undefined) this.answered.emit(false);
  }
}
