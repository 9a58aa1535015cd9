import type { JsonObject } from '../../ir/json.ts';
import type { Page, PageRequest } from './metadata-store.ts';

/** What starts runs by itself, and which. */
export interface StarterSettings<Spec> {
  readonly pipeline: string;
  /** Null takes the newest version at each start. */
  readonly version: number | null;
  /** As they were given: defaults are filled in at each start. */
  readonly params: JsonObject;
  /** When it starts them. */
  readonly spec: Spec;
  /** Of its runs, 1 to 5; null gives them none, which is 3. */
  readonly priority: number | null;
  readonly paused: boolean;
  /** Why it is as it is, for people. */
  readonly note: string | null;
}

export interface Starter<Spec> extends StarterSettings<Spec> {
  readonly name: string;
  /** Grows with every change, through deletions too. */
  readonly generation: number;
  /** Milliseconds since the epoch, as are all times here. */
  readonly updatedAt: number;
  /** Their code it is that runs: they are whom its runs are submitted by. */
  readonly updatedBy: string;
}

export const CHANGES = ['created', 'updated', 'paused', 'unpaused', 'deleted'] as const;

/** One change: what it was like from then on, who wanted that, and why (the note). */
export interface Change<Spec> extends Starter<Spec> {
  readonly change: (typeof CHANGES)[number];
}

export interface NewStarter<Spec> extends StarterSettings<Spec> {
  readonly name: string;
  readonly updatedBy: string;
}

/** The schedules, or the triggers, of a project, with all that was ever changed of them. */
export interface ChangeLog<Spec> {
  /** Null for one that was deleted, too. */
  get(name: string): Promise<Starter<Spec> | null>;
  /** By name, all of them: for who has to look at each. */
  list(): Promise<readonly Starter<Spec>[]>;
  /** The same by pages. */
  page(page?: PageRequest): Promise<Page<Starter<Spec>>>;
  /** Names that were deleted and are not in use again: somebody may still have them. */
  deleted(): Promise<readonly string[]>;
  /**
   * Compare and set, with its line in the history.
   *
   * @param expectedGeneration the one that was read; null where there is to be none of the name.
   * @throws MetadataError `conflict` when another change came first, or the name is taken.
   */
  set(
    starter: NewStarter<Spec>,
    change: Exclude<Change<Spec>['change'], 'deleted'>,
    expectedGeneration: number | null,
  ): Promise<Starter<Spec>>;
  /**
   * Keeps its history, and its name from nobody.
   *
   * @param expectedGeneration the one that was read; whichever there is when left out.
   * @throws MetadataError `notFound`, or `conflict` when another change came first.
   */
  remove(name: string, by: string, expectedGeneration?: number): Promise<void>;
  /** Newest first; of a deleted one too. */
  history(name: string, page?: PageRequest): Promise<Page<Change<Spec>>>;
}
