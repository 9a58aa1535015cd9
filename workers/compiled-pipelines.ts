import type { CodePackage, CompiledPipeline } from '../ir/compiled-pipeline.ts';
import type { Digest } from '../ir/digest.ts';
import { isDigest } from '../ir/digest.ts';
import { TaskFailed } from '../ir/protocol/task-failure.ts';
import { pipelineSchema } from '../ir/schema.ts';
import { ArtifactError, type ArtifactStore } from '../store/artifacts/artifact-store.ts';

/** Compiled pipelines by digest, read from the store once and kept while they are in use. */
export interface CompiledPipelines {
  get(digest: string): Promise<CompiledPipeline>;
  /** The manifest of a code package that some pipeline read here has named. */
  package(digest: string): Promise<CodePackage>;
}

const KEPT = 64;

export function compiledPipelines(artifacts: ArtifactStore): CompiledPipelines {
  const pipelines = new Map<string, Promise<CompiledPipeline>>();
  const packages = new Map<string, CodePackage>();
  const load = async (digest: string) => {
    const compiled = await readCompiled(artifacts, digest);
    for (const manifest of Object.values(compiled.packages)) packages.set(manifest.digest, manifest);
    return compiled;
  };
  return {
    get: (digest) => {
      const known = pipelines.get(digest);
      if (known) return known;
      const loading = load(digest);
      pipelines.set(digest, loading);
      loading.catch(() => pipelines.delete(digest));
      const [oldest] = pipelines.keys();
      if (pipelines.size > KEPT && oldest !== undefined) pipelines.delete(oldest);
      return loading;
    },
    package: async (digest) => {
      const manifest = packages.get(digest);
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
