import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import type { RunRequest } from '../../ir/protocol/run-request.ts';
import { TaskFailed } from '../../ir/protocol/task-failure.ts';
import { MetadataError, type MetadataStore } from '../../store/metadata/metadata-store.ts';
import type { Run, RunTable } from '../../store/metadata/run-table.ts';
import type { CompiledPipelines } from '../compiled-pipelines.ts';

/** The activity may be delivered twice at once, and then each writes the row. */
export async function createOnce(metadata: MetadataStore, ...row: Parameters<RunTable['create']>): Promise<Run> {
  try {
    return await metadata.runs.create(...row);
  } catch (error) {
    const first =
      error instanceof MetadataError && error.kind === 'conflict' ? await metadata.runs.get(row[0].id) : null;
    if (first === null) throw error;
    return first;
  }
}

/** What a row that nobody submitted is started with. */
export function requestOf(project: string, row: Run): RunRequest {
  const {
    id: runId,
    pipeline,
    compiledDigest,
    params,
    logicalTime,
    partition,
    retryOf,
    rerunFrom,
    cache,
    priority,
  } = row;
  return {
    ...{ project, runId, pipeline, compiledDigest, params, logicalTime, partition, retryOf, rerunFrom },
    ...{ cache, priority },
  };
}

/** A compiled pipeline, or why there is none and never will be. */
export async function loadedOr(compiled: CompiledPipelines, digest: string): Promise<CompiledPipeline | string> {
  try {
    return await compiled.get(digest);
  } catch (error) {
    if (error instanceof TaskFailed && !error.failure.retryable) return error.failure.message;
    throw error;
  }
}
