import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { JsonObject } from '../../ir/json.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import type { ScheduledOpening, ScheduledStart, StartedRun } from '../../ir/protocol/scheduled-start.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { faultText, readParams } from '../../ir/read-params.ts';
import { MetadataError, type MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { NewRun, Run, RunTable } from '../../store/metadata/run-table.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';

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
  if (row.status === 'pending' || row.status === 'running') return { kind: 'opened', request: requestOf(start, row) };
  return { kind: 'over', status: row.status, error: row.error };
}

/** What a run is started with, or why there is nothing to start. */
type Found =
  | { readonly pipelineVersion: number; readonly compiledDigest: string; readonly params: JsonObject }
  | { readonly pipelineVersion: number; readonly compiledDigest: string; readonly refusal: string };

/** In one go: a row that was not ended in time would be taken for a run to start. */
async function writeRow(
  start: ScheduledStart,
  run: StartedRun,
  metadata: MetadataStore,
  compiled: CompiledPipelines,
): Promise<Run> {
  const { pipelineVersion, compiledDigest, ...found } = await find(start, metadata, compiled);
  if ('params' in found) {
    return createOnce(metadata, newRun(start, run, { pipelineVersion, compiledDigest, params: found.params }));
  }
  const row = newRun(start, run, { pipelineVersion, compiledDigest, params: start.params });
  const next = `Then start it again: millrace schedules trigger ${start.schedule}`;
  return createOnce(metadata, row, { error: `${found.refusal} ${next}`, at: Date.now() });
}

async function find(start: ScheduledStart, metadata: MetadataStore, compiled: CompiledPipelines): Promise<Found> {
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
  const { params, faults } = readParams(loaded.ir.params, start.params);
  if (faults.length === 0) return { ...at, params };
  const what = `Schedule ${schedule} gives what ${pipeline} version ${version.version} does not take`;
  const cure = `Change it with \`millrace schedules update ${schedule} --param NAME=VALUE\`.`;
  return { ...at, refusal: `${faultText(what, faults)} ${cure}` };
}

async function loadedOr(compiled: CompiledPipelines, digest: string): Promise<CompiledPipeline | string> {
  try {
    return await compiled.get(digest);
  } catch (error) {
    if (error instanceof TaskFailed && !error.failure.retryable) return error.failure.message;
    throw error;
  }
}

/** The activity may be delivered twice at once, and then each writes the row. */
async function createOnce(metadata: MetadataStore, ...row: Parameters<RunTable['create']>): Promise<Run> {
  try {
    return await metadata.runs.create(...row);
  } catch (error) {
    const first =
      error instanceof MetadataError && error.kind === 'conflict' ? await metadata.runs.get(row[0].id) : null;
    if (first === null) throw error;
    return first;
  }
}

function newRun(
  { pipeline, schedule, by }: ScheduledStart,
  { runId, workflowId, logicalTime }: StartedRun,
  found: Pick<NewRun, 'pipelineVersion' | 'compiledDigest' | 'params'>,
): NewRun {
  return {
    ...found,
    ...{ id: runId, pipeline, workflowId, logicalTime, schedule, submittedBy: by },
    ...{ name: null, driver: 'temporal', partition: null, retryOf: null, rerunFrom: [] },
  };
}

function requestOf({ project }: ScheduledStart, row: Run): RunRequest {
  const { id: runId, pipeline, compiledDigest, params, logicalTime, partition, retryOf, rerunFrom } = row;
  return { project, runId, pipeline, compiledDigest, params, logicalTime, partition, retryOf, rerunFrom };
}

function idTaken({ schedule }: ScheduledStart, { runId, logicalTime }: StartedRun): TaskFailed {
  const message =
    `Schedule ${schedule} has to start run ${runId} for ${logicalTime}, and another run has that id. ` +
    'It was submitted under it; leave ids of this form to schedules.';
  return new TaskFailed({ kind: 'environment', name: 'RunIdTaken', message, stack: null, retryable: false });
}
