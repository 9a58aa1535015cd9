import type { JsonObject } from '../../ir/json.ts';
import type { ScheduleSpec } from '../../ir/schedule.ts';
import type { Page, PageRequest } from './metadata-store.ts';

/** What a schedule is to be like. Temporal is told of it, and told again when it has forgotten. */
export interface ScheduleSettings {
  readonly pipeline: string;
  /** Null takes the newest version at each start. */
  readonly version: number | null;
  /** As they were given: defaults are filled in at each start. */
  readonly params: JsonObject;
  readonly spec: ScheduleSpec;
  readonly paused: boolean;
  /** Why it is as it is, for people. */
  readonly note: string | null;
}

export interface Schedule extends ScheduleSettings {
  readonly name: string;
  /** Grows with every change, through deletions too. */
  readonly generation: number;
  /** Milliseconds since the epoch, as are all times here. */
  readonly updatedAt: number;
  /** Their code it is that runs: they are whom its runs are submitted by. */
  readonly updatedBy: string;
}

export const SCHEDULE_CHANGES = ['created', 'updated', 'paused', 'unpaused', 'deleted'] as const;

/** One change of a schedule: what it was like from then on, who wanted that, and why (the note). */
export interface ScheduleChange extends Schedule {
  readonly change: (typeof SCHEDULE_CHANGES)[number];
}

export interface NewSchedule extends ScheduleSettings {
  readonly name: string;
  readonly updatedBy: string;
}

/** The schedules of a project: the desired state, of which Temporal's schedules are made. */
export interface ScheduleTable {
  /** Null for one that was deleted, too. */
  get(name: string): Promise<Schedule | null>;
  /** By name. */
  list(): Promise<readonly Schedule[]>;
  /** Names that were deleted and are not in use again: Temporal may still have them. */
  deleted(): Promise<readonly string[]>;
  /**
   * Compare and set, with its line in the history.
   *
   * @param expectedGeneration the one that was read; null where there is to be no schedule of the name.
   * @throws MetadataError `conflict` when another change came first, or the name is taken.
   */
  set(
    schedule: NewSchedule,
    change: Exclude<ScheduleChange['change'], 'deleted'>,
    expectedGeneration: number | null,
  ): Promise<Schedule>;
  /** Keeps its history, and its name from nobody. @throws MetadataError `notFound`. */
  remove(name: string, by: string): Promise<void>;
  /** Newest first; of a deleted one too. */
  history(name: string, page?: PageRequest): Promise<Page<ScheduleChange>>;
}
