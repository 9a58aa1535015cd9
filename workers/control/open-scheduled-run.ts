import type { JsonObject } from '../../ir/json.ts';
import type { Partitions } from '../../ir/partitions.ts';
import type { ScheduledOpening, ScheduledStart, StartedRun } from '../../ir/protocol/scheduled-start.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { faultText, readParams } from '../../ir/read-params.ts';
import { rangeOf } from '../../ir/read-partition.ts';
import { scheduledPartition } from '../../ir/schedule-partitions.ts';
import type { MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { NewRun, Run } from '../../store/metadata/run-table.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';
import { createOnce, loadedOr, requestOf } from './opened-run.ts';

/**
 * Writes the row of a run that a schedule started, with the version and the parameters that it gets: `latest` is what is
 * newest now, and is not asked for again. One that cannot be started with what there is has a row too, which says why.
 *
 * @throws TaskFailed for an id that another run has.
 */
export async function openScheduledRun(
  start: ScheduledStart,
  run: StartedRun,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<ScheduledOpening> {
  const row = (await metadata.runs.get(run.runId)) ?? (await writeRow(start, run, metadata, compiled));
  if (row.workflowId !== run.workflowId) throw idTaken(start, run);
  if (row.status === 'pending' || row.status === 'running')
    return { kind: 'opened', request: requestOf(start.project, row) };
  return { kind: 'over', status: row.status, error: row.error };
}

/** What a run is started with, or why there is nothing to start. */
type Found = { readonly pipelineVersion: number; readonly compiledDigest: string } & (
  | { readonly params: JsonObject; readonly place: Place | null }
  | { readonly refusal: string }
);

/** A partition, and the time that its runs are for: where it ends. */
interface Place {
  readonly partition: string;
  readonly logicalTime: string;
}

/** In one go: a row that was not ended in time would be taken for a run to start. */
async function writeRow(
  start: ScheduledStart,
  run: StartedRun,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<Run> {
  const { pipelineVersion, compiledDigest, ...found } = await find(start, run, metadata, compiled);
  if ('params' in found) {
    const { params, place } = found;
    return createOnce(metadata, { ...newRun(start, run, { pipelineVersion, compiledDigest, params }), ...place });
  }
  const row = newRun(start, run, { pipelineVersion, compiledDigest, params: start.params });
  const next = `Then start it again: millrace schedules trigger ${start.schedule}`;
  return createOnce(metadata, row, { error: `${found.refusal} ${next}`, at: Date.now() });
}

async function find(
  start: ScheduledStart,
  run: StartedRun,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<Found> {
  const { schedule, pipeline } = start;
  const version = await metadata.pipelines.get(pipeline, start.version ?? 'latest');
  if (version === null) {
    const what = start.version === null ? `pipeline ${pipeline}` : `version ${start.version} of pipeline ${pipeline}`;
    const refusal =
      `Schedule ${schedule} starts ${what}, which there is not. Give it one that there is ` +
      `(millrace schedules update ${schedule} --version latest), or submit the pipeline's file.`;
    return { pipelineVersion: start.version ?? 0, compiledDigest: '', refusal };
  }
  const at = { pipelineVersion: version.version, compiledDigest: version.compiledDigest };
  const loaded = await loadedOr(compiled, version.compiledDigest);
  if (typeof loaded === 'string') return { ...at, refusal: loaded };
  const place = placeOf(loaded.ir.partitions, run);
  if (typeof place === 'string') return { ...at, refusal: `Schedule ${schedule} starts ${pipeline}: ${place}.` };
  const { params, faults } = readParams(loaded.ir.params, start.params);
  if (faults.length === 0) return { ...at, params, place };
  const what = `Schedule ${schedule} gives what ${pipeline} version ${version.version} does not take`;
  const cure = `Change it with \`millrace schedules update ${schedule} --param NAME=VALUE\`.`;
  return { ...at, refusal: `${faultText(what, faults)} ${cure}` };
}

/** What has just ended; a text says why there is nothing. */
function placeOf(partitions: Partitions | null, { logicalTime }: StartedRun): Place | string | null {
  try {
    const partition = scheduledPartition(partitions, Date.parse(logicalTime));
    const range = partitions && partition && rangeOf(partitions, partition);
    return range ? { partition, logicalTime: range.end } : null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function newRun(
  { pipeline, schedule, priority, by }: ScheduledStart,
  { runId, workflowId, logicalTime }: StartedRun,
  found: Pick<NewRun, 'pipelineVersion' | 'compiledDigest' | 'params'>,
): NewRun {
  return {
    ...found,
    ...{ id: runId, pipeline, workflowId, logicalTime, schedule, submittedBy: by },
    ...{ name: null, driver: 'temporal', partition: null, retryOf: null, rerunFrom: [], priority },
  };
}

function idTaken({ schedule }: ScheduledStart, { runId, logicalTime }: StartedRun): TaskFailed {
  const message =
    `Schedule ${schedule} has to start run ${runId} for ${logicalTime}, and another run has that id. ` +
    'It was submitted under it; leave ids of this form to schedules.';
  return new TaskFailed({ kind: 'environment', name: 'RunIdTaken', message, stack: null, retryable: false });
}
