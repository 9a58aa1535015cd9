import type { Promotion } from '../../../ir/nodes/promote-node.ts';
import type { Attempt, ModelDetail, Run, RunDetail, Task } from '../../../server/client.ts';
import type { EndedRun, PromotedModel } from '../ended-run.ts';
import type { LedgerLine } from '../pipeline/ledger.ts';

/** A run in which nothing is amiss, for tests to change in one place. */
export function goodRun(folder: string): EndedRun {
  const tasks = [
    goodTask('pair', { step: 'gang', output: { attempt: 2 } }),
    goodTask('mail', { step: 'mail', output: { sent: true } }),
    goodTask('book', { step: 'book', output: { value: 1 } }),
    goodTask('onExit/farewell', { step: 'addUp', output: { value: 1 } }),
  ];
  const attempts = tasks.flatMap(({ path, step }) => (step === 'gang' ? [] : [goodAttempt(path, 1)]));
  const detail: RunDetail = { ...{ run, tasks, counts: [], unlisted: 0, attempts, metrics: [], pools: [] } };
  return {
    ...{
      id: run.id,
      folder,
      detail,
      undisturbed: detail,
      wasCancelled: false,
      retryOf: null,
      histories: [{ workflowId: 'default/run/run', events: [{}] }],
      lineage: [],
      faults: [],
      zombies: [],
      late: new Map(),
    },
    attempts: [...attempts, ...['pair', 'pair@1'].map((path) => goodAttempt(path, 2))],
    deliveries: [
      { path: 'pair', attempt: 1, rank: 0, scheduled: 5, completed: 8 },
      { path: 'pair', attempt: 1, rank: 1, scheduled: 6, completed: null },
      { path: 'pair', attempt: 2, rank: 0, scheduled: 15, completed: 20 },
      { path: 'pair', attempt: 2, rank: 1, scheduled: 16, completed: 21 },
    ],
    ledger: [
      ...[began('pair', 1, ['a:1', 'b:1']), began('pair@1', 1, ['a:1', 'b:1'])],
      ...[began('pair', 2, ['a:2', 'b:2']), began('pair@1', 2, ['a:2', 'b:2'])],
      ...[began('mail', 1), { ...began('mail', 1), event: 'effect' } as const, began('book', 1)],
    ],
    promoted: [goodPromotions],
  };
}

const run: Run = {
  ...{ id: 'run', pipeline: 'faulted', pipelineVersion: 1, compiledDigest: 'sha256:1', name: null, driver: 'temporal' },
  ...{ workflowId: 'default/run/run', runner: null, params: {}, status: 'succeeded', pause: null, output: null },
  ...{
    error: null,
    submittedBy: 'test',
    retryOf: null,
    cache: null,
    rerunFrom: [],
    logicalTime: null,
    partition: null,
  },
  ...{ schedule: null, backfill: null, priority: null, createdAt: 1, startedAt: 2, endedAt: 9, leftOut: null },
};

export function goodTask(path: string, task: Partial<Task>): Task {
  return {
    ...{ runId: run.id, path, sequence: 1, kind: 'task', step: null, status: 'succeeded', at: 8, input: null },
    ...{ output: null, failure: null, cache: null, detail: {}, startedAt: 3, endedAt: 8, leftOut: null },
    ...task,
  };
}

export function goodAttempt(path: string, attempt: number): Attempt {
  return {
    ...{ runId: run.id, path, attempt, status: 'succeeded', worker: 'w', queue: 'cpu', startedAt: 4, endedAt: 7 },
    ...{ failure: null, progress: null, message: null, leftOut: null },
  };
}

export function began(path: string, attempt: number, peers: readonly string[] | null = null): LedgerLine {
  return { event: 'began', path, attempt, pid: 2, parent: 1, phase: null, peers };
}

const promotions = [1, 2].map(
  (version): Promotion => ({
    ...{ model: 'm', version, alias: 'champion', endpoint: 'm', status: 'promoted', reason: null },
  }),
);
const moved = { model: 'm', alias: 'champion', by: 'run', reason: '', runId: run.id, evidence: {}, at: 1 } as const;
const artifact = { artifact: 'model', digest: 'sha256:2', uri: 'u', size: 1, metadata: {} } as const;
const model: ModelDetail = {
  model: 'm',
  aliases: [{ model: 'm', alias: 'champion', version: 2, updatedAt: 1 }],
  versions: {
    items: [2, 1].map((version) => ({
      ...{ model: 'm', version, artifact, evidence: {}, runId: run.id, taskPath: 'p', createdBy: 'run', createdAt: 1 },
    })),
    cursor: null,
  },
  history: {
    items: [
      { ...moved, from: 1, to: 2 },
      { ...moved, from: null, to: 1 },
    ],
    cursor: null,
  },
};
const goodPromotions: PromotedModel = {
  promotions,
  model,
  endpoint: {
    ...{ name: 'm', generation: 3, updatedAt: 1, updatedBy: 'run' },
    traffic: [{ model: 'm', version: 2, percent: 100 }],
  },
};
