import type { CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { isDigest } from '../../ir/digest.ts';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import { ApiProblem } from '../http/problem.ts';
import { compiledPipelineSchema } from '../schemas/compiled-pipeline.ts';
import type { ServerContext } from '../server-context.ts';

/** The compiled pipeline of a version, out of the artifact store. */
export async function loadCompiled(context: ServerContext, version: PipelineVersion): Promise<CompiledPipeline> {
  if (!isDigest(version.compiledDigest)) throw new ApiProblem('internal', `${version.compiledDigest} is no digest.`);
  const bytes = await context.artifacts.getBlob(version.compiledDigest);
  const result = compiledPipelineSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (result.success) return result.data;
  throw new ApiProblem(
    'invalidPipeline',
    `${version.pipeline} version ${version.version} was compiled by a Millrace that this one cannot read.`,
    { next: 'Compile and submit its file again.' },
  );
}

/** A version by what a caller names it with. @throws ApiProblem `notFound`. */
export async function findVersion(
  context: ServerContext,
  by: { pipeline?: string; version?: number; compiledDigest?: string },
): Promise<PipelineVersion> {
  const { pipelines } = context.metadata;
  const found =
    by.compiledDigest !== undefined
      ? await pipelines.byDigest(by.compiledDigest)
      : await pipelines.get(by.pipeline ?? '', by.version ?? 'latest');
  if (found !== null) return found;
  const what =
    by.compiledDigest !== undefined
      ? `pipeline with the digest ${by.compiledDigest}`
      : `pipeline ${by.pipeline}${by.version === undefined ? '' : ` version ${by.version}`}`;
  throw new ApiProblem('notFound', `Project ${context.project} has no ${what}.`, {
    next: 'Submit its file with `millrace run FILE`.',
  });
}
