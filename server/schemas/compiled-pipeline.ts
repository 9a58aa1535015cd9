import { z } from 'zod';
import type { CodePackage, CodeRef, CompiledPipeline } from '../../ir/compiled-pipeline.ts';
import { pipelineSchema } from '../../ir/schema.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a sha256 digest');

const codeRef: z.ZodType<CodeRef> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('package'), digest, sourceMap: digest.exactOptional() }),
  z.strictObject({ kind: z.literal('builtin'), step: z.string(), digest }),
  z.strictObject({ kind: z.literal('none') }),
]);

const codePackage: z.ZodType<CodePackage> = z.strictObject({
  digest,
  runtimeInterface: z.int().positive(),
  bundle: z.strictObject({ digest, size: z.int().nonnegative() }).nullable(),
  files: z.record(z.string(), digest),
  externals: z.record(z.string(), z.string()),
});

/** What `millrace compile` writes and a run is submitted with. */
export const compiledPipelineSchema: z.ZodType<CompiledPipeline> = z.strictObject({
  millrace: z.literal(1),
  ir: pipelineSchema,
  irDigest: digest,
  code: z.record(z.string(), codeRef),
  packages: z.record(z.string(), codePackage),
});
