import type { OverlapPolicy } from '../../ir/schedule.ts';
import type { Schedule } from '../../store/metadata/schedule-table.ts';

/** What the API asks of Temporal about schedules, whose starts Temporal times. Throws `TemporalAway` as all of the gateway does. */
export interface ScheduleGateway {
  /**
   * Makes Temporal's schedule as this one is; runs that go on are left alone. Does nothing where Temporal was told of a
   * later generation.
   *
   * @throws ScheduleRefused for what Temporal does not take.
   */
  apply(project: string, schedule: Schedule): Promise<void>;
  /** Does nothing where Temporal has none. */
  remove(project: string, name: string): Promise<void>;
  /** Null where Temporal has none. */
  describe(project: string, name: string): Promise<ScheduleTiming | null>;
  /** Starts a run for the time `at`, paused or not, as the overlap policy allows. */
  trigger(project: string, name: string, at: number, overlap: OverlapPolicy): Promise<void>;
}

/** What Temporal tells of a schedule. Times are milliseconds since the epoch. */
export interface ScheduleTiming {
  /** Of the schedule, as Temporal was last told; null where somebody else has changed it. */
  readonly generation: number | null;
  readonly paused: boolean;
  readonly note: string | null;
  /** The next ten, jitter included; those of a paused one would be. */
  readonly next: readonly number[];
  /** The last ten starts, oldest first, by the workflows that they started. */
  readonly recent: readonly { readonly workflowId: string; readonly scheduledAt: number; readonly startedAt: number }[];
  readonly running: readonly string[];
  readonly taken: number;
  /** Starts that were due while Temporal was down, and past the catch-up window when it was back. */
  readonly missedCatchUp: number;
  readonly skippedOverlap: number;
}

/** Temporal does not take a schedule; the message is Temporal's. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
}
