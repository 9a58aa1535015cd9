import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { type Digest, digestsIn } from '../../ir/digest.ts';
import { NOT_FOUND } from '../../platform/temporal-failure.ts';

/** What Temporal still knows of a project, as far as it bears on what was put for it. */
export interface KnownPayloads {
  /** When the oldest history begins, of a workflow that goes on or is still kept; null when there is none. */
  readonly oldest: number | null;
  /** What workflows and schedules were given to start with: it may have been put long before. */
  readonly payloads: ReadonlySet<Digest>;
}

/** How a workflow began: never changes, so that it is asked for once. */
interface Beginning {
  readonly at: number;
  readonly payloads: readonly Digest[];
}

type Ask = <T>(operation: () => Promise<T>) => Promise<T>;

/**
 * Everything that is put for a workflow while it goes on is younger than its history's first event, which a reset copies.
 * What it was started with is older where a schedule started it: that stands in that event, and in the schedule.
 */
export function knownPayloads(client: Client, ask: Ask): (project: string) => Promise<KnownPayloads> {
  let known = new Map<string, Beginning>();
  return async (project) => {
    const now = new Map<string, Beginning>();
    for await (const execution of executions(client, ask, `${project}/`)) {
      const id = execution.runId ?? '';
      const beginning = known.get(id) ?? (await ask(() => beginningOf(client, execution)));
      if (beginning !== null) now.set(id, beginning);
    }
    known = now;
    const payloads = new Set(await payloadsOfSchedules(client, ask, `${project}/`));
    for (const beginning of now.values()) for (const digest of beginning.payloads) payloads.add(digest);
    const times = [...now.values()].map(({ at }) => at);
    return { oldest: times.length === 0 ? null : times.reduce((one, other) => Math.min(one, other)), payloads };
  };
}

type Execution = proto.temporal.api.common.v1.IWorkflowExecution;

async function* executions({ workflowService, options }: Client, ask: Ask, prefix: string): AsyncGenerator<Execution> {
  const { namespace } = options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const token = nextPageToken;
    const page = await ask(() =>
      workflowService.listWorkflowExecutions({ namespace, nextPageToken: token, pageSize: 1_000 }),
    );
    for (const { execution } of page.executions) {
      if (execution?.workflowId?.startsWith(prefix)) yield execution;
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
}

/** Null for a workflow that Temporal has forgotten since it was listed. */
async function beginningOf({ workflowService, options }: Client, execution: Execution): Promise<Beginning | null> {
  const { namespace } = options;
  try {
    const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 1 });
    const [first] = history?.events ?? [];
    const seconds = Number(first?.eventTime?.seconds ?? 0);
    return first === undefined ? null : { at: seconds * 1_000, payloads: digestsInBytes(HistoryEvent.encode(first)) };
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw error;
  }
}

async function payloadsOfSchedules(client: Client, ask: Ask, prefix: string): Promise<readonly Digest[]> {
  const { workflowService, options } = client;
  const { namespace } = options;
  const found: Digest[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const token = nextPageToken;
    const page = await ask(() =>
      workflowService.listSchedules({ namespace, nextPageToken: token, maximumPageSize: 1_000 }),
    );
    for (const { scheduleId } of page.schedules) {
      if (!scheduleId?.startsWith(prefix)) continue;
      const described = await ask(() => describeSchedule(client, scheduleId));
      if (described !== null) found.push(...digestsInBytes(ScheduleDescription.encode(described)));
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return found;
}

async function describeSchedule({ workflowService, options }: Client, scheduleId: string) {
  try {
    return await workflowService.describeSchedule({ namespace: options.namespace, scheduleId });
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) return null;
    throw error;
  }
}

const { HistoryEvent } = proto.temporal.api.history.v1;
const { DescribeScheduleResponse: ScheduleDescription } = proto.temporal.api.workflowservice.v1;

/** A reference has its digest as text; so do artifacts in small payloads, which does no harm. */
function digestsInBytes(encoded: { finish(): Uint8Array }): readonly Digest[] {
  return digestsIn(Buffer.from(encoded.finish()).toString('latin1'));
}
