/** The links in three groups, and what is done to them. */
import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  signal,
  viewChildren,
} from '@angular/core';
import type { ClientOverview, Path } from '../contract.ts';
import { Actions } from '../live/actions.ts';
import { texts } from '../texts.ts';
import { formatCount } from '../units.ts';
import { type Confirmation, ConfirmDialog } from './confirm-dialog.ts';
import { consequenceOf } from './consequence.ts';
import { type LinkAction, LinkRow } from './link-row.ts';
import { type Losses, labelOf } from './losses.ts';

/** More links that the file excludes are out of sight: one pattern may mean a hundred. */
const FILE_EXCLUDED_SHOWN = 6;

interface Row {
  readonly path: Path;
  readonly consequence: string;
  readonly loss: Losses['links'][number] | undefined;
  readonly isCut: boolean | undefined;
}

@Component({
  selector: 'rg-link-list',
  imports: [ConfirmDialog, LinkRow],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './link-list.html',
})
export class LinkList {
  readonly overview = input.required<ClientOverview>();
  readonly losses = input.required<Losses>();
  readonly isConnected = input.required<boolean>();

  protected readonly actions = inject(Actions);
  protected readonly texts = texts.client;
  readonly #rows = computed(() => this.overview().session.paths.map((path) => this.#rowOf(path)));
  protected readonly groups = computed(() => [
    {
      title: this.texts.groups.active,
      none: this.texts.groups.noneActive,
      rows: this.#rows().filter(({ path }) => path.state === 'up' || path.state === 'suspect'),
    },
    {
      title: this.texts.groups.idle,
      none: this.texts.groups.noneIdle,
      rows: this.#rows().filter(({ path }) => path.state === 'down'),
    },
    {
      title: this.texts.groups.excluded,
      none: this.texts.groups.noneExcluded,
      rows: this.#rows().filter(({ path }) => path.state === 'excluded' && this.#isShown(path)),
    },
  ]);
  /** Often many, as container hosts have; nobody looks for them every day. */
  protected readonly hidden = computed(() =>
    this.#rows().filter(({ path }) => path.state === 'excluded' && !this.#isShown(path)),
  );
  protected readonly hiddenCount = computed(() => formatCount(this.hidden().length));
  protected readonly changed = computed(() =>
    this.overview()
      .session.paths.filter((path) => path.isChanged)
      .map((path) =>
        path.state === 'excluded'
          ? this.texts.actions.nowExcluded(labelOf(path))
          : this.texts.actions.nowIncluded(labelOf(path)),
      )
      .join(', '),
  );
  readonly #asksFor = signal<Path | undefined>(undefined);
  protected readonly confirmation = computed((): Confirmation | undefined => {
    const path = this.#asksFor();
    if (path === undefined) return undefined;
    const { title, text, confirm } = this.texts.lastLink;
    return { title: title(labelOf(path)), text, confirm };
  });

  /** The link acted on: its row moves to another group, and the focus with it. */
  readonly #moved = signal('');
  protected readonly rowViews = viewChildren(LinkRow);

  constructor() {
    afterRenderEffect(() => {
      const row = this.rowViews().find((view) => view.path().name === this.#moved());
      if (row === undefined || document.activeElement !== document.body) return;
      row.focus();
      this.#moved.set('');
    });
  }

  protected async act(path: Path, action: LinkAction): Promise<void> {
    this.#moved.set(path.name);
    if (action !== 'exclude') await this.actions[action](path.name);
    else if (await this.actions.exclude(path.name, false)) this.#asksFor.set(path);
  }

  protected async answer(isYes: boolean): Promise<void> {
    const path = this.#asksFor();
    this.#asksFor.set(undefined);
    if (isYes && path !== undefined) await this.actions.exclude(path.name, true);
  }

  #isShown({ excludedBy }: Path): boolean {
    if (excludedBy !== 'file') return excludedBy === 'runtime';
    const { paths } = this.overview().session;
    return paths.filter((path) => path.excludedBy === 'file').length <= FILE_EXCLUDED_SHOWN;
  }

  #rowOf(path: Path): Row {
    const { session, demo } = this.overview();
    return {
      path,
      consequence: consequenceOf(path, session),
      loss: this.losses().links.find((loss) => loss.name === path.name),
      isCut: demo?.find((link) => link.name === path.name)?.isCut,
    };
  }
}
