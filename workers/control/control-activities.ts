import type { Stores } from '../../store/open-stores.ts';
import type { ControlActivities, RunClosing } from '../../workflows/temporal/control-activities.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import type { TaskHost } from '../host/task-host.ts';
import { answerRequests } from './answer-requests.ts';
import { endedRuns } from './ended-runs.ts';
import { openBackfillRun } from './open-backfill-run.ts';
import { openRun } from './open-run.ts';
import { openScheduledRun } from './open-scheduled-run.ts';

/** Begun one after another before the workflow asks for more: a page is kept in its history. */
const PARTITIONS_A_PAGE = 100;

/** What workflows ask for beside tasks, over the stores. Every one may be delivered again without harm. */
export function controlActivities(stores: Stores, compiled: CompiledPipelines, host: TaskHost): ControlActivities {
  const { metadata } = stores;
  return {
    openScheduledRun: (start, run) => openScheduledRun(start, run, metadata, compiled),
    openBackfillRun: (start, workflowId) => openBackfillRun(start, workflowId, metadata, compiled),
    pendingPartitions: async ({ backfill, round, begun }) => {
      const row = await metadata.backfills.get(backfill);
      // One that was cancelled before Temporal knew of it begins nothing, also where a later round goes on.
      if (row === null || row.round !== round || row.status !== 'running') return [];
      return (await metadata.backfills.pending(backfill)).slice(begun, begun + PARTITIONS_A_PAGE);
    },
    endedRuns: (round, runIds) => endedRuns(round, runIds, metadata),
    closeBackfill: ({ backfill, round, status }) =>
      metadata.backfills.endRound(backfill, round, { status, at: Date.now() }),
    openRun: (request) => openRun(request, metadata, compiled),
    compiledPipeline: (digest) => compiled.get(digest),
    answerRequests: (requests) => answerRequests(requests, stores, compiled, host),
    recordTransitions: (_project, runId, transitions) => metadata.tasks.record(runId, transitions),
    recordPause: (_project, runId, pause, sequence) => metadata.runs.setPause(runId, pause, sequence),
    closeRun: async ({ runId, outcome, transitions }: RunClosing) => {
      if (transitions.length > 0) await metadata.tasks.record(runId, transitions);
      const at = Date.now();
      await metadata.runs.end(runId, { ...outcome, at });
      return metadata.pools.giveBack({ runId, path: null }, at);
    },
  };
}
