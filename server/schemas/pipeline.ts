import { z } from 'zod';
import type { PipelineVersion } from '../../store/metadata/pipeline-table.ts';
import { compiledPipelineSchema } from './compiled-pipeline.ts';
import { pageOf, pageQuery } from './json.ts';

export const pipelineVersionSchema: z.ZodType<PipelineVersion> = z.object({
  pipeline: z.string(),
  version: z.int(),
  compiledDigest: z.string(),
  irDigest: z.string(),
  submittedBy: z.string(),
  createdAt: z.number(),
});

export const pipelineListQuery = z.object({ ...pageQuery, pipeline: z.string().exactOptional() });
export const pipelineListSchema = pageOf(pipelineVersionSchema);
export const pipelineDetailSchema = z.object({ version: pipelineVersionSchema, compiled: compiledPipelineSchema });
export type PipelineDetail = z.infer<typeof pipelineDetailSchema>;
