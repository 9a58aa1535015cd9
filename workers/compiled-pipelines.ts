import type { CodePackage, CompiledPipeline } from '../ir/compiled-pipeline.ts';
import type { Digest } from '../ir/digest.ts';
import { isDigest } from '../ir/digest.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { pipelineSchema } from '../ir/schema.ts';
import { ArtifactError, type ArtifactStore } from '../store/artifacts/artifact-store.ts';

/** Compiled pipelines by digest, read from the store; those that were used last are kept. */
export interface CompiledPipelines {
  get(digest: string): Promise<CompiledPipeline>;
  /** The manifest of a code package that some pipeline read here has named. */
  package(digest: string): Promise<CodePackage>;
}

const KEPT = 64;

export function compiledPipelines(artifacts: ArtifactStore): CompiledPipelines {
  /** The one used last stands last. */
  const pipelines = new Map<string, Promise<CompiledPipeline>>();
  /**
   * Of each code package a pipeline that names it. It outlasts the pipeline's place above: a task may wait for longer
   * than that until its code is asked for, and then the pipeline is read again.
   */
  const named = new Map<string, string>();
  const load = async (digest: string) => {
    const compiled = await readCompiled(artifacts, digest);
    for (const each of Object.keys(compiled.packages)) named.set(each, digest);
    return compiled;
  };
  const get = (digest: string) => {
    const known = pipelines.get(digest);
    const loading = known ?? load(digest);
    pipelines.delete(digest);
    pipelines.set(digest, loading);
    if (known) return known;
    // Only itself: by then another reading may stand in its place.
    loading.catch(() => pipelines.get(digest) === loading && pipelines.delete(digest));
    const [oldest] = pipelines.keys();
    if (pipelines.size > KEPT && oldest !== undefined) pipelines.delete(oldest);
    return loading;
  };
  return {
    get,
    package: async (digest) => {
      const pipeline = named.get(digest);
      const manifest = pipeline === undefined ? undefined : (await get(pipeline)).packages[digest];
      if (!manifest) throw environmentFailure(`Code package ${digest} is in no pipeline that this worker has read.`);
      return manifest;
    },
  };
}

async function readCompiled(artifacts: ArtifactStore, digest: string): Promise<CompiledPipeline> {
  if (!isDigest(digest)) throw environmentFailure(`'${digest}' is no digest of a compiled pipeline.`);
  const bytes = await artifacts.getBlob(digest as Digest).catch((error: unknown) => {
    if (!(error instanceof ArtifactError) || error.kind !== 'missing') throw error;
    throw environmentFailure(
      `The compiled pipeline ${digest} is not in the artifact store any more. Restore it from a backup, or submit the pipeline again.`,
    );
  });
  const compiled = JSON.parse(Buffer.from(bytes).toString('utf8')) as CompiledPipeline;
  const checked = pipelineSchema.safeParse(compiled.ir);
  if (checked.success) return compiled;
  throw environmentFailure(
    `The compiled pipeline ${digest} is not of this release (IR version ${compiled.ir?.irVersion}). Submit the pipeline again.`,
  );
}

function environmentFailure(message: string): TaskFailed {
  return new TaskFailed({ kind: 'environment', name: 'CompiledPipelineError', message, stack: null, retryable: false });
}
