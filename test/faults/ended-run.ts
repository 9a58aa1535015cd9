import { Client, Connection } from '@temporalio/client';
import type { Promotion } from '../../ir/nodes/promote-node.ts';
import { replicaPath } from '../../ir/protocol/gang.ts';
import type { Attempt, Endpoint, ModelDetail, RunDetail } from '../../server/client.ts';
import type { LineageEdge } from '../../store/metadata/task-table.ts';
import { openStores, storeSettings } from '../../store/open-stores.ts';
import { historiesOf, type WorkflowHistory } from '../support/histories.ts';
import { type Delivery, deliveriesIn } from './deliveries.ts';
import type { Struck, Zombie } from './fault.ts';
import type { FaultedRun } from './faulted-run.ts';
import { type LedgerLine, linesIn } from './pipeline/ledger.ts';
import type { Stage } from './stage.ts';
import { wholeDetail } from './whole-detail.ts';

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
  /** Whether the suite has asked for its end. */
  readonly wasCancelled: boolean;
  readonly histories: readonly WorkflowHistory[];
  /** Those of its parts, too. */
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
  const listed = await client.run(run.id);
  const { detail, lineage, attempts } = await storedOf(stage, listed);
  const histories = await historiesIn(stage, detail);
  const retryOf = retries && (await client.run(retries.id));
  const lines = await linesIn(run.folder);
  const told = retries?.lines ?? 0;
  return {
    ...{ id: run.id, folder: run.folder, wasCancelled: run.wasCancelled },
    ...{ detail, lineage, attempts, histories, faults },
    zombies: zombies.filter(({ runId }) => runId === run.id),
    undisturbed: await run.undisturbed,
    retryOf,
    deliveries: deliveriesIn(histories),
    ledger: lines.slice(told),
    late: retryOf ? lateOf(deliveriesIn(await historiesIn(stage, retryOf)), lines.slice(0, told)) : new Map(),
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

/** What the stores say beyond what the API does. Of replicas, the run's own tasks show the first. */
async function storedOf(stage: Stage, listed: RunDetail): Promise<Pick<EndedRun, 'detail' | 'lineage' | 'attempts'>> {
  const home = stage.system().home;
  const stores = await openStores(storeSettings({ ...stage.storage.env, MILLRACE_HOME: home, MILLRACE_ARTIFACTS: '' }));
  try {
    const table = stores.metadata.tasks;
    const detail = await wholeDetail(table, listed);
    const { run, tasks, attempts } = detail;
    const gangs = tasks.filter(({ step }) => step === 'gang').map(({ path }) => path);
    const others = gangs.flatMap((path) => OTHER_RANKS.map((rank) => table.attempts(run.id, replicaPath(path, rank))));
    return {
      detail,
      lineage: await table.lineage({ runId: run.id }),
      attempts: [...attempts, ...(await Promise.all(others)).flat()],
    };
  } finally {
    await stores.close();
  }
}

async function historiesIn(stage: Stage, { run }: RunDetail): Promise<readonly WorkflowHistory[]> {
  const { urls } = await stage.system().record();
  const connection = await Connection.connect({ address: urls.temporal });
  try {
    return await historiesOf(new Client({ connection }).workflow, run.workflowId ?? '');
  } finally {
    await connection.close();
  }
}
