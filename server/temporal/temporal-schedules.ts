import {
  type Client,
  encodeScheduleOverlapPolicy,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { Priority } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { cronLines } from '../../ir/cron-lines.ts';
import {
  SCHEDULED_RUN_WORKFLOW,
  type ScheduledStart,
  scheduledWorkflowId,
  temporalScheduleId,
} from '../../ir/protocol/scheduled-start.ts';
import { DEFAULT_PRIORITY } from '../../ir/protocol/slots.ts';
import type { OverlapPolicy } from '../../ir/schedule.ts';
import { CONTROL_QUEUE } from '../../ir/step-contract.ts';
import type { Schedule } from '../../store/metadata/schedule-table.ts';
import { type ScheduleGateway, ScheduleRefused, type ScheduleTiming } from './schedule-gateway.ts';

const OVERLAP: Readonly<Record<OverlapPolicy, ScheduleOverlapPolicy>> = {
  skip: ScheduleOverlapPolicy.SKIP,
  bufferOne: ScheduleOverlapPolicy.BUFFER_ONE,
  allow: ScheduleOverlapPolicy.ALLOW_ALL,
  cancelOther: ScheduleOverlapPolicy.CANCEL_OTHER,
};

/** Schedules in Temporal. `ask` bounds each operation in time, and tells when Temporal is away. */
export function temporalSchedules(
  client: Client,
  ask: <T>(operation: () => Promise<T>) => Promise<T>,
): ScheduleGateway {
  return {
    apply: (project, schedule) => ask(() => apply(client, project, schedule)),
    remove: (project, name) => ask(() => whereThere(() => handleOf(client, project, name).delete(), undefined)),
    describe: (project, name) => ask(() => whereThere(() => describe(client, project, name), null)),
    trigger: (project, name, at, overlap) => ask(() => trigger(client, temporalScheduleId(project, name), at, overlap)),
  };
}

function handleOf(client: Client, project: string, name: string) {
  return client.schedule.getHandle(temporalScheduleId(project, name));
}

async function apply(client: Client, project: string, schedule: Schedule): Promise<void> {
  try {
    const handle = handleOf(client, project, schedule.name);
    const before = await whereThere(() => handle.describe(), null);
    const options = optionsOf(project, schedule);
    if (before === null) await client.schedule.create(options);
    else if ((generationOf(before) ?? 0) <= schedule.generation) await handle.update(() => options);
  } catch (error) {
    // Another process has made it meanwhile: what it was told of is not older, or is put right when it is looked at next.
    if (error instanceof ScheduleAlreadyRunning) return;
    // So the client tells gRPC's INVALID_ARGUMENT.
    if (error instanceof TypeError) throw new ScheduleRefused(error.message, { cause: error });
    throw error;
  }
}

/** As `ScheduleOptions` and `ScheduleUpdateOptions` have it: times are told whole, so that none of an old one stays. */
function optionsOf(project: string, schedule: Schedule) {
  const { spec, name, paused, note } = schedule;
  const start: ScheduledStart = {
    ...{ project, schedule: name, generation: schedule.generation, pipeline: schedule.pipeline },
    ...{ version: schedule.version, params: schedule.params, priority: schedule.priority, by: schedule.updatedBy },
  };
  return {
    scheduleId: temporalScheduleId(project, name),
    spec: {
      cronExpressions: [...cronLines(spec)],
      intervals: spec.intervals.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
      timezone: spec.timezone,
      ...(spec.start === null ? {} : { startAt: new Date(spec.start) }),
      ...(spec.end === null ? {} : { endAt: new Date(spec.end) }),
      jitter: spec.jitterMs,
    },
    action: actionOf(start),
    policies: { overlap: OVERLAP[spec.overlap], catchupWindow: spec.catchUpMs },
    state: { paused, note: note ?? '' },
  } satisfies ScheduleOptions;
}

/** The client sends the priority, which its type of an action does not have. */
function actionOf(start: ScheduledStart): ScheduleOptions['action'] & { readonly priority: Priority } {
  const { project, schedule, priority } = start;
  return {
    type: 'startWorkflow',
    workflowType: SCHEDULED_RUN_WORKFLOW,
    workflowId: scheduledWorkflowId(project, schedule),
    taskQueue: CONTROL_QUEUE,
    args: [start],
    // Tasks inherit it. Runs of one schedule take turns with others as one: an action is the same for all of them.
    priority: { priorityKey: priority ?? DEFAULT_PRIORITY, fairnessKey: schedule },
  };
}

async function describe(client: Client, project: string, name: string): Promise<ScheduleTiming> {
  const description = await handleOf(client, project, name).describe();
  const { info, state } = description;
  return {
    generation: generationOf(description),
    paused: state.paused,
    note: state.note || null,
    next: info.nextActionTimes.map((at) => at.getTime()),
    recent: info.recentActions.map(({ action, scheduledAt, takenAt }) => ({
      workflowId: action.workflow.workflowId,
      scheduledAt: scheduledAt.getTime(),
      startedAt: takenAt.getTime(),
    })),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    taken: info.numActionsTaken,
    missedCatchUp: info.numActionsMissedCatchupWindow,
    skippedOverlap: info.numActionsSkippedOverlap,
  };
}

/** Of its action's arguments, which are ours unless somebody else has changed them, or their payload was lost. */
function generationOf({ action }: ScheduleDescription): number | null {
  const [start] = action.args ?? [];
  const generation: unknown =
    typeof start === 'object' && start !== null && 'generation' in start ? start.generation : null;
  return typeof generation === 'number' ? generation : null;
}

/** With the time that the run is to be for, which the client's own `trigger` does not take. */
async function trigger(client: Client, scheduleId: string, at: number, overlap: OverlapPolicy): Promise<void> {
  await client.workflowService.patchSchedule({
    namespace: client.options.namespace,
    scheduleId,
    identity: client.options.identity,
    // Sent again, it is the same start.
    requestId: `${scheduleId}/${at}`,
    patch: {
      triggerImmediately: {
        overlapPolicy: encodeScheduleOverlapPolicy(OVERLAP[overlap]) ?? null,
        scheduledTime: msToTs(at),
      },
    },
  });
}

async function whereThere<T, Absent>(operation: () => Promise<T>, absent: Absent): Promise<T | Absent> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return absent;
    throw error;
  }
}
