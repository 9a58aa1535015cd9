import type { CodePackage, CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { digestOfJson, isDigest } from '../../ir/digest.ts';
import { digestOfPackage } from '../../ir/package-digest.ts';
import { ApiProblem, type ProblemPart } from '../http/problem.ts';
import { compiledPipelineSchema } from '../schemas/compiled-pipeline.ts';
import type { ServerContext } from '../server-context.ts';

/**
 * Takes a compiled pipeline in from outside: its shape, its digests, and that all the code it names is here.
 *
 * @throws ApiProblem `invalidPipeline`, `digestMismatch` or `missingBlobs`, the last with a part for each blob.
 */
export async function checkCompiled(context: ServerContext, body: unknown): Promise<CompiledPipeline> {
  const result = compiledPipelineSchema.safeParse(body);
  if (!result.success) {
    const parts = result.error.issues.map((issue) => ({ at: issue.path.join('.'), message: issue.message }));
    throw new ApiProblem(
      'invalidPipeline',
      `This is no compiled pipeline that this Millrace can read: ${listed(parts)}.`,
      {
        parts,
        next: 'Compile it with the same version of Millrace as this API.',
      },
    );
  }
  const compiled = result.data;
  checkDigests(compiled);
  await checkBlobs(context, compiled);
  return compiled;
}

function listed(parts: readonly ProblemPart[]): string {
  return parts
    .slice(0, 3)
    .map((part) => `${part.at}: ${part.message}`)
    .join('; ');
}

function checkPackage(named: string, manifest: CodePackage): void {
  const actual = digestOfPackage(manifest);
  if (actual === named && manifest.digest === named) return;
  throw new ApiProblem('digestMismatch', `The code package ${named} is ${actual} by its content.`, {
    next: 'Compile the pipeline again; a compiled file is not to be edited.',
  });
}

function checkDigests(compiled: CompiledPipeline): void {
  const irDigest = digestOfJson(compiled.ir);
  if (irDigest !== compiled.irDigest) {
    throw new ApiProblem(
      'digestMismatch',
      `The IR of ${compiled.ir.name} says it is ${compiled.irDigest} and is ${irDigest}.`,
      {
        next: 'Compile the pipeline again; a compiled file is not to be edited.',
      },
    );
  }
  for (const [digest, manifest] of Object.entries(compiled.packages)) checkPackage(digest, manifest);
  for (const [step, code] of Object.entries(compiled.code)) {
    if (code.kind === 'package' && compiled.packages[code.digest] === undefined) {
      throw new ApiProblem(
        'invalidPipeline',
        `The code package of step ${step} (${code.digest}) is not among the packages.`,
      );
    }
  }
  const without = Object.keys(compiled.ir.steps).filter((step) => compiled.code[step] === undefined);
  if (without.length > 0)
    throw new ApiProblem('invalidPipeline', `No code is named for the steps ${without.join(', ')}.`);
}

async function checkBlobs(context: ServerContext, { packages, code }: CompiledPipeline): Promise<void> {
  const content = Object.values(packages).flatMap((each) => [
    ...(each.bundle === null ? [] : [each.bundle.digest]),
    ...Object.values(each.files),
  ]);
  const maps = Object.values(code).flatMap((each) => (each.kind === 'package' ? (each.sourceMap ?? []) : []));
  const named = [...content, ...maps];
  const checked = await Promise.all(
    [...new Set(named)].map(async (digest) => ({
      digest,
      here: isDigest(digest) && (await context.artifacts.hasBlob(digest)),
    })),
  );
  const missing = checked.filter((blob) => !blob.here).map((blob) => ({ at: blob.digest, message: 'not uploaded' }));
  if (missing.length === 0) return;
  throw new ApiProblem('missingBlobs', `${missing.length} blobs that the pipeline's code consists of are not here.`, {
    parts: missing,
    next: 'PUT each to blobs/:digest first.',
  });
}
