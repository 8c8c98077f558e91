/** "Can I cancel the satellite contract?": every choice of links, with what it would have lost and carried. */
import { ChangeDetectionStrategy, Component, computed, input, linkedSignal, signal } from '@angular/core';
import type { Session } from '../contract.ts';
import { formatBytes } from '../units.ts';
import { formatAmount, formatFineShare } from './amounts.ts';
import {
  type Choice,
  type ChoiceOrder,
  choicesOf,
  countedLinks,
  inOrder,
  keyOf,
  packetsJudged,
} from './choices.ts';
import { whatIfTexts } from './texts.ts';

/** From so many links on a choice is told by what it lacks. */
const MANY = 4;

interface Link {
  readonly name: string;
  readonly label: string;
}

@Component({
  selector: 'rg-what-if-table',
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './what-if-table.html',
})
export class WhatIfTable {
  readonly session = input.required<Session>();

  protected readonly texts = whatIfTexts;
  protected readonly columns: readonly { order: ChoiceOrder; title: string; isNumber: boolean }[] = [
    { order: 'links', title: whatIfTexts.columns.links, isNumber: false },
    { order: 'lost', title: whatIfTexts.columns.lost, isNumber: true },
    { order: 'bytes', title: whatIfTexts.columns.bytes, isNumber: true },
  ];
  protected readonly order = signal<ChoiceOrder>('lost');
  protected readonly isDescending = signal(false);
  protected readonly isAllShown = signal(false);

  /** Links that were counted, those of now first and in their order; a row can only be chosen from them. */
  protected readonly links = computed<Link[]>(() => {
    const labels = new Map(this.session().paths.map(({ name, label }) => [name, label ?? name]));
    return countedLinks(this.session()).map((name) => ({ name, label: labels.get(name) ?? name }));
  });
  readonly #names = computed(() => this.links().map(({ name }) => name), { equal: sameNames });
  /** Begins with the question most people have: all without the link that helped least. */
  protected readonly chosen = linkedSignal<readonly string[], ReadonlySet<string>>({
    source: this.#names,
    computation: (names, before) => {
      const kept = names.filter((name) => before?.value.has(name));
      return new Set(kept.length > 0 ? kept : this.#mildest(names));
    },
  });

  protected readonly choices = computed(() => choicesOf(this.session()));
  protected readonly hasMore = computed(() => this.choices().some(({ isCommon }) => !isCommon));
  protected readonly shown = computed(() => {
    const chosenKey = keyOf(this.chosen());
    const wanted = this.choices().filter(
      ({ isCommon, isPresent, key }) => isCommon || isPresent || key === chosenKey || this.isAllShown(),
    );
    return inOrder(wanted, this.order(), this.isDescending());
  });
  protected readonly chosenKey = computed(() => keyOf(this.chosen()));
  protected readonly sentence = computed(() => this.#sentence());
  /** The sentence as it was when the choice was made: the shown one changes every second. */
  protected readonly announcement = signal('');

  protected sortBy(order: ChoiceOrder): void {
    this.isDescending.set(this.order() === order && !this.isDescending());
    this.order.set(order);
  }

  protected sorted(order: ChoiceOrder): 'ascending' | 'descending' | null {
    if (this.order() !== order) return null;
    return this.isDescending() ? 'descending' : 'ascending';
  }

  protected toggle(name: string): void {
    const chosen = new Set(this.chosen());
    if (!chosen.delete(name)) chosen.add(name);
    this.#choose(chosen);
  }

  protected choose(choice: Choice): void {
    this.#choose(new Set(choice.paths));
  }

  protected named(paths: Iterable<string>): string {
    const wanted = new Set(paths);
    return whatIfTexts.and(this.links().flatMap(({ name, label }) => (wanted.has(name) ? [label] : [])));
  }

  /** As short as can be: of many links the one that is missing says it best. */
  protected title({ paths }: Choice): string {
    if (paths.length === this.links().length) return whatIfTexts.all(this.named(paths));
    const missing = this.#onlyMissing(paths);
    return missing === undefined ? this.named(paths) : whatIfTexts.without(missing);
  }

  protected readonly lost = (choice: Choice) => formatAmount(choice.lost);
  protected readonly share = (choice: Choice) => formatFineShare(choice.lossShare);
  protected readonly bytes = (choice: Choice) => formatBytes(choice.bytes);

  #choose(names: ReadonlySet<string>): void {
    this.chosen.set(names);
    this.announcement.set(this.#sentence());
  }

  #sentence(): string {
    const chosen = this.chosen();
    if (chosen.size === 0) return whatIfTexts.chooseNone;
    const choice = this.choices().find(({ key }) => key === keyOf(chosen));
    const whole = this.choices().find(({ paths }) => paths.length === this.links().length);
    if (choice === undefined || whole === undefined) return whatIfTexts.notCounted;
    const lost = formatAmount(choice.lost);
    const total = whatIfTexts.packets(formatAmount(packetsJudged(this.session())));
    const share = formatFineShare(choice.lossShare);
    if (choice === whole) return whatIfTexts.withAll(lost, total, share);
    const missing = this.#onlyMissing(choice.paths);
    const name =
      missing === undefined
        ? whatIfTexts.withOnly(this.named(choice.paths))
        : whatIfTexts.withoutOne(missing);
    const more = choice.lost - whole.lost;
    return [
      whatIfTexts.sentence(name, lost, total, share),
      more === 0 ? whatIfTexts.nothingMore : whatIfTexts.more(whatIfTexts.packets(formatAmount(more))),
      whatIfTexts.carried(formatBytes(choice.bytes), formatBytes(whole.bytes)),
    ].join(' ');
  }

  /** The link without which a choice of many is, if it is only one. */
  #onlyMissing(paths: readonly string[]): string | undefined {
    const all = this.links();
    if (all.length < MANY || paths.length !== all.length - 1) return undefined;
    return all.find(({ name }) => !paths.includes(name))?.label;
  }

  #mildest(names: readonly string[]): readonly string[] {
    const without = this.choices()
      .filter(({ paths }) => paths.length === names.length - 1)
      .sort((a, b) => a.lost - b.lost);
    return without[0]?.paths ?? names;
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return keyOf(a) === keyOf(b);
}
