import type { JsonObject } from '../json.ts';
import type { RunOutcome, RunRequest } from './run-request.ts';
import { runWorkflowId } from './workflow-names.ts';

/** Workflow of a run that a schedule starts: `(start: ScheduledStart) => outcome`. It goes on as any other run. */
export const SCHEDULED_RUN_WORKFLOW = 'millraceScheduledRun';

/** What a schedule gives to every run that it starts. Which start it is stands in the workflow's id. */
export interface ScheduledStart {
  readonly project: string;
  readonly schedule: string;
  /** Of the schedule, when Temporal was told of it. */
  readonly generation: number;
  readonly pipeline: string;
  /** Null takes the newest version, once, when the run is opened. */
  readonly version: number | null;
  /** As they were given: checked, and filled up with the version's defaults, when the run is opened. */
  readonly params: JsonObject;
  /** Of its runs; null gives them none. */
  readonly priority: number | null;
  /** Who set the schedule, and is taken to have submitted its runs. */
  readonly by: string;
}

/** One of a schedule's starts: always the same run for the same time, so that none is started twice. */
export interface StartedRun {
  readonly runId: string;
  readonly workflowId: string;
  /** The time that the run is for, ISO 8601 in UTC, to the second. */
  readonly logicalTime: string;
}

export type ScheduledOpening =
  | { readonly kind: 'opened'; readonly request: RunRequest }
  /** It has ended: it could not be opened, or ran before. */
  | { readonly kind: 'over'; readonly status: RunOutcome['status']; readonly error: string | null };

/** The id of a schedule in Temporal, where all projects' lie together. */
export function temporalScheduleId(project: string, schedule: string): string {
  return `${project}/schedule/${schedule}`;
}

/** What the ids of a schedule's workflows begin with. Temporal adds `-` and the time that was scheduled. */
export function scheduledWorkflowId(project: string, schedule: string): string {
  return runWorkflowId(project, schedule);
}

/** The run that a schedule starts for a time, to the second. */
export function startedRunAt(project: string, schedule: string, at: number): StartedRun {
  const logicalTime = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return startedRun(schedule, `${scheduledWorkflowId(project, schedule)}-${logicalTime}`, logicalTime);
}

const TIME = /-(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;

/**
 * The run of a workflow that a schedule started. Temporal ends the workflow's id with the time that the schedule names,
 * without jitter and however late the start is: it is the run's logical time.
 *
 * @throws RangeError for an id without a time: the workflow was started by hand.
 */
export function startedRunOf(schedule: string, workflowId: string): StartedRun {
  const logicalTime = TIME.exec(workflowId)?.[1];
  if (logicalTime !== undefined) return startedRun(schedule, workflowId, logicalTime);
  throw new RangeError(
    `Workflow ${workflowId} was not started by schedule '${schedule}'. Start a run of it now: millrace schedules trigger ${schedule}`,
  );
}

/** Run ids stand in URLs and in commands: no colons. */
function startedRun(schedule: string, workflowId: string, logicalTime: string): StartedRun {
  return { runId: `${schedule}-${logicalTime.replace(/[-:]/g, '')}`, workflowId, logicalTime };
}
