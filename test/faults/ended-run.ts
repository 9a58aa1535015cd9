import { Client, Connection } from '@temporalio/client';
import type { RunDetail } from '../../server/client.ts';
import type { LineageEdge } from '../../store/metadata/task-table.ts';
import { openStores, storeSettings } from '../../store/open-stores.ts';
import type { Struck, Zombie } from './fault.ts';
import type { FaultedRun } from './faulted-run.ts';
import { type LedgerLine, linesIn } from './pipeline/ledger.ts';
import type { Stage } from './stage.ts';

/** How Temporal saw the deliveries of one task, oldest first. */
export interface Delivery {
  readonly path: string;
  /** The event's number in the run's history. */
  readonly scheduled: number;
  /** Null where it did not end well. */
  readonly completed: number | null;
}

/** All that is known of a run that has ended, for those who look for what must not be. */
export interface EndedRun {
  readonly id: string;
  readonly folder: string;
  readonly detail: RunDetail;
  readonly undisturbed: RunDetail;
  readonly deliveries: readonly Delivery[];
  readonly lineage: readonly LineageEdge[];
  readonly ledger: readonly LedgerLine[];
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

export async function lookAt(
  stage: Stage,
  run: FaultedRun,
  { faults, zombies }: Pick<EndedRun, 'faults' | 'zombies'>,
): Promise<EndedRun> {
  const detail = await stage.client().run(run.id);
  return {
    ...{ id: run.id, folder: run.folder, detail, faults },
    zombies: zombies.filter(({ runId }) => runId === run.id),
    undisturbed: await run.undisturbed,
    deliveries: await deliveriesOf(stage, detail.run.workflowId ?? ''),
    lineage: await lineageOf(stage, run.id),
    ledger: await linesIn(run.folder),
  };
}

async function lineageOf(stage: Stage, runId: string): Promise<readonly LineageEdge[]> {
  const home = stage.system().home;
  const stores = await openStores(storeSettings({ ...stage.storage.env, MILLRACE_HOME: home, MILLRACE_ARTIFACTS: '' }));
  try {
    return await stores.metadata.tasks.lineage({ runId });
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
      const path = String(JSON.parse(Buffer.from(summary).toString()));
      return [{ path, scheduled, completed: completed.get(scheduled) ?? null }];
    });
  } finally {
    await connection.close();
  }
}
