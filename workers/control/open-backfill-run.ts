import type { BackfillOpening, BackfillStart } from '../../ir/protocol/backfill-order.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { rangeOf } from '../../ir/read-partition.ts';
import type { Backfill } from '../../store/metadata/backfill-table.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { NewRun, Run } from '../../store/metadata/run-table.ts';
import { runsElsewhere } from '../../store/metadata/runs-elsewhere.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { createOnce, loadedOr, requestOf } from './opened-run.ts';

/**
 * Writes the row of a run that a backfill started. Version and parameters are the backfill's; the run is for the end of its
 * partition. In a later round it is a retry of the run before, and takes over what that had finished. A partition that was
 * missing and that somebody else has begun to run since gets none.
 *
 * @throws TaskFailed for an id that another run has, and for a backfill that there is not.
 */
export async function openBackfillRun(
  start: BackfillStart,
  workflowId: string,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<BackfillOpening> {
  const row = (await metadata.runs.get(start.runId)) ?? (await writeRow(start, workflowId, metadata, compiled));
  if (row === null) return { kind: 'elsewhere' };
  if (row.workflowId !== workflowId || row.backfill !== start.backfill) throw idTaken(start);
  if (row.status === 'pending' || row.status === 'running') {
    return { kind: 'opened', request: requestOf(start.project, row) };
  }
  return { kind: 'over', status: row.status, error: row.error };
}

async function writeRow(
  start: BackfillStart,
  workflowId: string,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<Run | null> {
  const backfill = await metadata.backfills.get(start.backfill);
  if (backfill === null) throw noBackfill(start);
  const [before] = await metadata.runs.ofPartitions({ backfill: backfill.id }, [start.partition]);
  if (before === undefined && (await runsElsewhere(metadata, backfill, [start.partition])).size > 0) return null;
  const loaded = await loadedOr(compiled, backfill.compiledDigest);
  if (typeof loaded === 'string') {
    return createOnce(metadata, newRun(start, workflowId, backfill, null), { error: loaded, at: Date.now() });
  }
  const { partitions } = loaded.ir;
  const range = partitions && rangeOf(partitions, start.partition);
  const row = newRun(start, workflowId, backfill, range?.end ?? null);
  return createOnce(metadata, { ...row, retryOf: before?.runId ?? null });
}

function newRun(
  { runId, partition }: BackfillStart,
  workflowId: string,
  backfill: Backfill,
  logicalTime: string | null,
): NewRun {
  const { pipeline, pipelineVersion, compiledDigest, params, priority } = backfill;
  return {
    ...{ id: runId, workflowId, partition, logicalTime, backfill: backfill.id, submittedBy: backfill.createdBy },
    ...{ pipeline, pipelineVersion, compiledDigest, params },
    ...{ name: null, driver: 'temporal', retryOf: null, rerunFrom: [], schedule: null, priority },
  };
}

function idTaken({ backfill, runId, partition }: BackfillStart): TaskFailed {
  const message =
    `Backfill ${backfill} has to start run ${runId} for ${partition}, and another run has that id. ` +
    'Ask for it again under another name (--name).';
  return new TaskFailed({ kind: 'environment', name: 'RunIdTaken', message, stack: null, retryable: false });
}

function noBackfill({ backfill, runId }: BackfillStart): TaskFailed {
  const message = `Run ${runId} is of backfill ${backfill}, which there is not. Create it again: millrace backfills create`;
  return new TaskFailed({ kind: 'environment', name: 'NoSuchBackfill', message, stack: null, retryable: false });
}
