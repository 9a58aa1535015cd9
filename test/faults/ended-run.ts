import { Client, Connection } from '@temporalio/client';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import { replicaPath } from '../../ir/protocol/gang.ts';
import type { TaskOrder } from '../../ir/protocol/task-order.ts';
import type { Attempt, Endpoint, ModelDetail, RunDetail } from '../../server/client.ts';
import type { LineageEdge } from '../../store/metadata/task-table.ts';
import { openStores, storeSettings } from '../../store/open-stores.ts';
import type { Struck, Zombie } from './fault.ts';
import type { FaultedRun } from './faulted-run.ts';
import { type LedgerLine, linesIn } from './pipeline/ledger.ts';
import type { Stage } from './stage.ts';

/** How Temporal saw the deliveries of one task, oldest first. */
export interface Delivery {
  readonly path: string;
  readonly attempt: number;
  /** Which of its replicas; 0 for a task without. */
  readonly rank: number;
  /** The event's number in the run's history. */
  readonly scheduled: number;
  /** Null where it did not end well. */
  readonly completed: number | null;
}

/** A model that a run has promoted, as the registry and its endpoint have it. */
export interface PromotedModel {
  /** What the run's tasks say of it, in the order of its versions. */
  readonly promotions: readonly Promotion[];
  readonly model: ModelDetail;
  /** Null where it is not served. */
  readonly endpoint: Endpoint | null;
}

/** All that is known of a run that has ended, for those who look for what must not be. */
export interface EndedRun {
  readonly id: string;
  readonly folder: string;
  readonly detail: RunDetail;
  readonly undisturbed: RunDetail;
  /** The run that it took over from; null of one that is no retry. */
  readonly retryOf: RunDetail | null;
  readonly deliveries: readonly Delivery[];
  readonly lineage: readonly LineageEdge[];
  /** Those of all replicas, too. */
  readonly attempts: readonly Attempt[];
  readonly ledger: readonly LedgerLine[];
  /**
   * What the cancelled run that it took over from had ordered and had not begun, by its path, and how often: where a worker
   * stood still it may begin yet, and tells the same ledger.
   */
  readonly late: ReadonlyMap<string, number>;
  readonly promoted: readonly PromotedModel[];
  /** Those that fell into its life, or might have. */
  readonly faults: readonly Struck[];
  readonly zombies: readonly Zombie[];
}

/** Something that must hold of every run. */
export interface Invariant {
  readonly name: string;
  /** @returns a sentence for each case in which it does not. */
  readonly violationsIn: (run: EndedRun) => readonly string[] | Promise<readonly string[]>;
}

/** Gangs have three at most. */
const OTHER_RANKS = [1, 2] as const;

export async function lookAt(
  stage: Stage,
  run: FaultedRun,
  { faults, zombies }: Pick<EndedRun, 'faults' | 'zombies'>,
): Promise<EndedRun> {
  const [client, { retries }] = [stage.client(), run];
  const detail = await client.run(run.id);
  const retryOf = retries && (await client.run(retries.id));
  const lines = await linesIn(run.folder);
  const told = retries?.lines ?? 0;
  return {
    ...{ id: run.id, folder: run.folder, detail, faults },
    zombies: zombies.filter(({ runId }) => runId === run.id),
    undisturbed: await run.undisturbed,
    retryOf,
    deliveries: await deliveriesOf(stage, detail.run.workflowId ?? ''),
    ...(await storedOf(stage, detail)),
    ledger: lines.slice(told),
    late: retryOf ? lateOf(await deliveriesOf(stage, retryOf.run.workflowId ?? ''), lines.slice(0, told)) : new Map(),
    promoted: await promotedBy(stage, detail),
  };
}

function lateOf(deliveries: readonly Delivery[], ledger: readonly LedgerLine[]): ReadonlyMap<string, number> {
  const began = begunIn(ledger);
  const late = [...countsOf(deliveries.map(({ path }) => path))].map(
    ([path, ordered]) => [path, ordered - (began.get(path) ?? 0)] as const,
  );
  return new Map(late.filter(([, times]) => times > 0));
}

/** How often each task's handler began; those of replicas count for their task. */
export function begunIn(ledger: readonly LedgerLine[]): ReadonlyMap<string, number> {
  return countsOf(ledger.filter(({ event }) => event === 'began').map(({ path }) => path.replace(/@\d+$/, '')));
}

export function countsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

async function promotedBy(stage: Stage, { tasks }: RunDetail): Promise<readonly PromotedModel[]> {
  const promotions = tasks.flatMap(({ kind, status, output }) =>
    kind === 'promote' && status === 'succeeded' ? [output as Promotion] : [],
  );
  const { items } = await stage.client().endpoints();
  const names = [...new Set(promotions.map(({ model }) => model))];
  const promoted = names.map(async (name) => ({
    promotions: promotions.filter(({ model }) => model === name).sort((a, b) => a.version - b.version),
    model: await stage.client().model(name),
    endpoint: items.find((endpoint) => endpoint.name === name) ?? null,
  }));
  return Promise.all(promoted);
}

/** Of replicas, the run's own tasks show the first. */
async function storedOf(
  stage: Stage,
  { run, tasks, attempts }: RunDetail,
): Promise<Pick<EndedRun, 'lineage' | 'attempts'>> {
  const home = stage.system().home;
  const stores = await openStores(storeSettings({ ...stage.storage.env, MILLRACE_HOME: home, MILLRACE_ARTIFACTS: '' }));
  try {
    const table = stores.metadata.tasks;
    const gangs = tasks.filter(({ step }) => step === 'gang').map(({ path }) => path);
    const others = gangs.flatMap((path) => OTHER_RANKS.map((rank) => table.attempts(run.id, replicaPath(path, rank))));
    return {
      lineage: await table.lineage({ runId: run.id }),
      attempts: [...attempts, ...(await Promise.all(others)).flat()],
    };
  } finally {
    await stores.close();
  }
}

async function deliveriesOf(stage: Stage, workflowId: string): Promise<readonly Delivery[]> {
  const { urls } = await stage.system().record();
  const connection = await Connection.connect({ address: urls.temporal });
  try {
    const { events } = await new Client({ connection }).workflow.getHandle(workflowId).fetchHistory();
    const completed = new Map<number, number>();
    for (const { eventId, activityTaskCompletedEventAttributes: end } of events ?? []) {
      if (end) completed.set(Number(end.scheduledEventId), Number(eventId));
    }
    return (events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: order, userMetadata }) => {
      const summary = userMetadata?.summary?.data;
      if (!order || !summary) return [];
      const scheduled = Number(eventId);
      const path = String(readJson(summary));
      const { attempt, replica } = readJson(order.input?.payloads?.[0]?.data) as TaskOrder;
      return [{ path, attempt, rank: replica?.rank ?? 0, scheduled, completed: completed.get(scheduled) ?? null }];
    });
  } finally {
    await connection.close();
  }
}

const readJson = (data: Uint8Array | null | undefined): unknown => JSON.parse(Buffer.from(data ?? []).toString());
